#include "host/io/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

#include "host/io/mapped_registry.h"
#include "quant/error.h"

namespace clinfer::io {
namespace {

Error system_error(const std::string& path, const char* what) {
  return Error(Fault::model, path + ": " + what + ": " + std::strerror(errno));
}

/// Opens the file and returns its size. O_NONBLOCK: opening a FIFO must not wait for a writer.
size_t open_regular(const std::string& path, int* descriptor) {
  *descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (*descriptor < 0) throw system_error(path, "cannot open");
  struct stat status = {};
  if (fstat(*descriptor, &status) != 0) throw system_error(path, "cannot stat");
  if (S_ISDIR(status.st_mode)) throw Error(Fault::model, path + ": is a folder, expected a file");
  if (!S_ISREG(status.st_mode)) throw Error(Fault::model, path + ": expected a regular file");
  if (status.st_size <= 0) throw Error(Fault::model, path + ": the file is empty");
  return static_cast<size_t>(status.st_size);
}

}  // namespace

MappedFile::MappedFile(std::string path) : path_(std::move(path)) {
  try {
    size_ = open_regular(path_, &descriptor_);
    void* mapped = mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor_, 0);
    if (mapped == MAP_FAILED) throw system_error(path_, "cannot map");
    data_ = static_cast<const std::byte*>(mapped);
    const auto begin = reinterpret_cast<uintptr_t>(data_);
    slot_ = register_mapping({begin, begin + size_, descriptor_, path_.c_str()});
    if (slot_ < 0) {
      munmap(mapped, size_);
      throw Error(Fault::model, path_ + ": too many files are mapped");
    }
  } catch (...) {
    if (descriptor_ >= 0) close(descriptor_);
    throw;
  }
}

MappedFile::~MappedFile() {
  unregister_mapping(slot_);
  munmap(const_cast<std::byte*>(data_), size_);
  close(descriptor_);
}

void MappedFile::release(std::span<const std::byte> range) const {
  if (range.empty()) return;
  static const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const size_t into_page = reinterpret_cast<uintptr_t>(range.data()) % page;
  // A hint: when it fails the pages only stay resident.
  madvise(const_cast<std::byte*>(range.data()) - into_page, into_page + range.size(), MADV_DONTNEED);
}

void copy_guarded(std::span<std::byte> dst, std::span<const std::byte> src) {
  if (dst.size() != src.size())
    throw Error(Fault::run, "copy_guarded: source and destination differ in size");
  const auto address = reinterpret_cast<uintptr_t>(src.data());
  MappedRange range;
  if (src.empty() || !find_mapping(address, &range)) {
    if (!src.empty()) std::memcpy(dst.data(), src.data(), src.size());
    return;
  }
  for (size_t done = 0; done < dst.size();) {
    const auto offset = static_cast<off_t>(address - range.begin + done);
    const ssize_t got = pread(range.descriptor, dst.data() + done, dst.size() - done, offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error(range.path, "cannot read");
    if (got == 0)
      throw Error(Fault::model, std::string(range.path) + ": the file was cut while it was in use");
    done += static_cast<size_t>(got);
  }
}

}  // namespace clinfer::io
