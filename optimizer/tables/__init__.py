"""Raw files to typed frames. Knows nothing of cases, models or plans."""
