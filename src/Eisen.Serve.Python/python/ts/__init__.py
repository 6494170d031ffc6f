"""What handlers import from TorchServe, for handlers that run in Eisen.Serve.

The names and what they do are those of TorchServe 0.12; the code is Eisen.Serve's own. Everything that is not in the standard
library is imported where it is needed, so that a handler without torch starts without torch.
"""

# The TorchServe whose interfaces these are; handlers read it as context.system_properties["server_version"].
__version__ = "0.12.0"
