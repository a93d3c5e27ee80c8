"""The slow twin: AWS's policy evaluation copied page by page, to hold a fast engine against. See README.md."""
