# /// script
# requires-python = ">=3.10,<3.14"
# dependencies = [
#   "torch==2.5.1; sys_platform == 'darwin'",
#   "torch==2.6.0; sys_platform == 'linux'",
#   "torchvision==0.21.0; sys_platform == 'linux'",
# ]
# ///
