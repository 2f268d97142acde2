set(ELEMENTWISE_TESTS
  attention_case.cpp
  test_attention.cpp
  test_batch_invariance.cpp
  test_elementwise.cpp
  test_rope.cpp
  test_router.cpp
  test_rows.cpp)
