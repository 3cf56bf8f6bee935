"""The script that Streamlit runs, in a folder of its own: beside it Streamlit would take `pages/` for pages of its own kind."""
