set(RECURRENT_SOURCES
  causal_conv.cpp
  decay_gate.cpp
  linear_attention.cpp
  tolerance_recurrent.cpp)
