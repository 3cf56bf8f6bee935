"""Sources: from the outside world to tables and panels."""
