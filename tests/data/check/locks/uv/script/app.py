# /// script
# requires-python = ">=3.11, <3.13"
# dependencies = [
#     "torch==2.6.0; sys_platform == 'linux'",
#     "torch==2.5.1; sys_platform == 'darwin'",
#     "torchvision; sys_platform == 'linux'",
# ]
#
# [tool.uv.sources]
# torch = [{ index = "cu126", marker = "sys_platform == 'linux' and platform_machine == 'x86_64'" }]
# torchvision = [{ index = "cu126", marker = "sys_platform == 'linux' and platform_machine == 'x86_64'" }]
#
# [[tool.uv.index]]
# name = "cu126"
# url = "@ROOT@/whl/cu126"
# explicit = true
# ///
"""A script with a lock of its own."""
