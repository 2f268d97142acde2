set(MATMUL_TESTS
  test_decoders.cpp
  test_embedding.cpp
  test_expert_linear.cpp
  test_fp8_matmul.cpp
  test_head_linear.cpp
  test_linear.cpp
  test_weight_layout.cpp)
