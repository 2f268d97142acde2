# One static library per room; a room links only what it may include, and includes start at the repository root.

add_library(clinfer_flags INTERFACE)
target_include_directories(clinfer_flags INTERFACE ${PROJECT_SOURCE_DIR})
# -ffp-contract=off: reference arithmetic must not depend on whether the compiler fuses a multiply and an add.
target_compile_options(clinfer_flags INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wconversion
                       -Wno-sign-conversion -ffp-contract=off
                       # GCC 12 warns wrongly about std::string operator+ (GCC bug 105329).
                       $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(CLINFER_WERROR)
  target_compile_options(clinfer_flags INTERFACE -Werror)
endif()
if(CLINFER_SANITIZE)
  # Instrumented code hides from GCC that a variant's members are only read where they were written.
  target_compile_options(clinfer_flags INTERFACE -Wno-maybe-uninitialized)
  target_compile_options(clinfer_flags INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer)
  target_link_options(clinfer_flags INTERFACE -fsanitize=address,undefined)
endif()

# room(NAME SOURCES ... USES other rooms and imported targets ...)
function(room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;USES" ${ARGN})
  add_library(clinfer_${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(clinfer_${name} PUBLIC clinfer_flags ${ROOM_USES})
endfunction()

# test_room(NAME SOURCES ... USES ...): what several test programs share, compiled once. Test sources run for moments
# and are compiled once in CI: -O1 takes three quarters of the time that -O3 does; what they test keeps -O3.
set(TEST_FLAGS $<$<CONFIG:Release>:-O1>)
function(test_room name)
  room(${name} ${ARGN})
  target_link_libraries(clinfer_${name} PUBLIC clinfer_doctest_main)
  target_compile_options(clinfer_${name} PRIVATE ${TEST_FLAGS})
endfunction()

# room_test(NAME LABEL SOURCES ... USES ...): one doctest program, run from the repository root. A test that uses
# a room from host/cl on has the label "device" too: ./check runs it on every OpenCL driver. Programs are cached in
# the build folder, not with the user's.
set(DEVICE_ROOMS clinfer_cl clinfer_kernels clinfer_plan clinfer_run clinfer_generate clinfer_cli)
function(room_test name label)
  cmake_parse_arguments(TEST "" "" "SOURCES;USES" ${ARGN})
  add_executable(test_${name} ${TEST_SOURCES})
  target_link_libraries(test_${name} PRIVATE clinfer_flags clinfer_doctest_main ${TEST_USES})
  target_compile_options(test_${name} PRIVATE ${TEST_FLAGS})
  add_test(NAME ${name} COMMAND test_${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set(labels ${label})
  foreach(room IN LISTS DEVICE_ROOMS)
    if(room IN_LIST TEST_USES)
      list(APPEND labels device)
      break()
    endif()
  endforeach()
  # ctest starts the costly tests first, so that no core waits for the others at the end.
  if(label STREQUAL slow)
    set(cost 20)
  else()
    set(cost 1)
  endif()
  set_tests_properties(${name} PROPERTIES COST ${cost}
    LABELS "${labels}" ENVIRONMENT "CLINFER_CACHE_DIR=${PROJECT_BINARY_DIR}/program-cache")
endfunction()
