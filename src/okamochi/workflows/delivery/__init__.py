"""Where an image goes, and the documents that go with it."""
