set(ELEMENTWISE_TESTS
  test_cache.cpp
  test_elementwise.cpp
  test_rope.cpp
  test_rounded.cpp
  test_router.cpp
  test_rows.cpp)
