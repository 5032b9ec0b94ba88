"""The screens, one a file: which lines go where, and what the cursor stands on."""
