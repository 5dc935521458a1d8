"""The look-ahead audit: does anything before a border depend on what comes after it?

A *border* is a time from which all closes are replaced by *garbage*. The *counterfactual* is what is built from the
closes with garbage: inputs, weights after a few steps, forecasts. A *stage* is one part of the way from source to
forecast; it is *equal* where real and counterfactual do not differ in a bit before the border.
"""
