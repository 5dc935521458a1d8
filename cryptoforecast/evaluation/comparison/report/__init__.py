"""The page of a comparison: tables and pictures in one HTML file."""
