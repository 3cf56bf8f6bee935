"""The pages of the web app: each lays out what modules without Streamlit have computed."""
