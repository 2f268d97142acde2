set(PASS_SOURCES
  passes/choose_formats.cpp
  passes/expand_latent_attention.cpp
  passes/find_rotations.cpp
  passes/place_devices.cpp
  passes/quantize_activations.cpp
  passes/rewrite.cpp
  passes/set_cache_format.cpp)
