#include "host/cl/sha256.h"

#include <openssl/evp.h>

#include "quant/error.h"

namespace clinfer::cl {

namespace {

void expect(int ok) {
  if (ok != 1) throw Error(Fault::run, "SHA-256 is not available from libcrypto");
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

struct Sha256::State {
  std::unique_ptr<EVP_MD_CTX, FreeContext> context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  expect(state_->context == nullptr ? 0 : EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr));
}

Sha256::~Sha256() = default;

Sha256& Sha256::field(std::string_view text) {
  const uint64_t size = text.size();
  bytes(std::as_bytes(std::span(&size, 1)));
  return bytes(std::as_bytes(std::span(text)));
}

Sha256& Sha256::bytes(std::span<const std::byte> data) {
  expect(EVP_DigestUpdate(state_->context.get(), data.data(), data.size()));
  return *this;
}

Digest Sha256::digest() {
  Digest result{};
  expect(EVP_DigestFinal_ex(state_->context.get(), result.data(), nullptr));
  return result;
}

std::string hex(const Digest& digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace clinfer::cl
