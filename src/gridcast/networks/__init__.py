"""Networks: tensors in, tensors out. Nothing here knows of panels, files or clocks."""
