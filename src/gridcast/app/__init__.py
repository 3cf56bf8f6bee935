"""The web app: pages in the browser over a folder of runs."""
