"""One file per method of balanced multimodal learning."""
