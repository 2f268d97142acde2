# cmake -D FOLDER=configs/device -D FILES=a.yaml,b.yaml -D OUTPUT=shipped.cpp -P embed.cmake
# Writes one C++ file holding {name, text} of each file.
string(REPLACE "," ";" names "${FILES}")
set(entries "")
foreach(name IN LISTS names)
  file(READ "${FOLDER}/${name}" text)
  string(APPEND entries "    ShippedFile{\"configs/device/${name}\", R\"clinfer_yaml(${text})clinfer_yaml\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "#include \"host/tune/shipped.h\"\n\n#include <vector>\n\nnamespace clinfer::tune {\n\n"
  "std::span<const ShippedFile> shipped_files() {\n  static const std::vector<ShippedFile> files = {\n${entries}  };\n"
  "  return files;\n}\n\n}  // namespace clinfer::tune\n")
