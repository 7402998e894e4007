"""The layers of an image: base, native libraries, wheels, kit, app."""
