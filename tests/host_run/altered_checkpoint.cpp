#include "tests/host_run/altered_checkpoint.h"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "host/io/safetensors.h"

namespace clinfer::tests {
namespace {

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

std::string alter_checkpoint(const std::string& from, const test::TemporaryFolder& folder,
                             const Alteration& alteration) {
  std::string config = read_text(from + "/config.json");
  for (const auto& [before, after] : alteration.config) {
    const size_t at = config.find(before);
    if (at == std::string::npos) throw std::runtime_error("config.json has no " + before);
    config.replace(at, before.size(), after);
  }
  folder.write("config.json", config);
  const io::SafetensorsFile file(from + "/model.safetensors");
  std::vector<io::TensorToWrite> tensors;
  for (const io::Tensor& tensor : file.tensors())
    tensors.push_back({tensor.name, tensor.format, tensor.shape, tensor.bytes});
  if (alteration.tensors) alteration.tensors(tensors);
  io::write_safetensors(folder.file("model.safetensors"), tensors);
  return folder.path();
}

void drop_tensor(std::vector<io::TensorToWrite>& tensors, const std::string& name) {
  if (std::erase_if(tensors, [&](const io::TensorToWrite& t) { return t.name == name; }) != 1)
    throw std::runtime_error("no tensor " + name);
}

}  // namespace clinfer::tests
