"""The declarations of scipy.special's functions, one file a subject; ``autograd_lite.special``."""
