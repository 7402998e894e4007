"""Floor 7: parse arguments, print, exit; the only code that prints or exits."""
