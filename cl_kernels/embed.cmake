# cmake -D FOLDER=cl_kernels -D OUTPUT=embedded.cpp -P embed.cmake
# Writes one C++ file holding {path, text} of every file in files.cmake.
include(${FOLDER}/files.cmake)

set(delimiter "clinfer_src")
set(code "#include \"cl_kernels/embedded.h\"\n\n#include <array>\n\nnamespace clinfer::cl_kernels {\n\nnamespace {\n\n")
set(count 0)
set(entries "")
foreach(path IN LISTS KERNEL_FILES)
  file(READ "${FOLDER}/${path}" text)
  string(FIND "${text}" ")${delimiter}\"" clash)
  if(NOT clash EQUAL -1)
    message(FATAL_ERROR "${path} contains the raw string delimiter ${delimiter}")
  endif()
  string(APPEND entries "    EmbeddedFile{\"${path}\", R\"${delimiter}(${text})${delimiter}\"},\n")
  math(EXPR count "${count} + 1")
endforeach()
string(APPEND code "constexpr std::array<EmbeddedFile, ${count}> kFiles = {\n${entries}};\n\n}  // namespace\n\n"
       "std::span<const EmbeddedFile> embedded_files() { return kFiles; }\n\n}  // namespace clinfer::cl_kernels\n")
file(WRITE "${OUTPUT}" "${code}")
