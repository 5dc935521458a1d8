"""The look-ahead audit: does anything before a border depend on what comes after it?"""
