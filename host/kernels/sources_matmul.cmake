set(MATMUL_SOURCES
  embedding.cpp
  expert_linear.cpp
  head_linear.cpp
  linear.cpp
  linear_clblast.cpp
  matmul.cpp
  tolerance_matmul.cpp)
