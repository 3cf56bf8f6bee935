"""The whole way, as one call each: a run, the check of the readings, the audit for look-ahead."""
