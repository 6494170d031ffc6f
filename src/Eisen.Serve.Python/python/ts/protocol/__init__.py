"""Where handlers written for older versions of TorchServe look for the streaming of answers."""
