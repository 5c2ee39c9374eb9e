#include <rocksdb/file_checksum.h>
#include <xxhash.h>

#include "engine/storage/rocks_options.h"

namespace chartline::engine {
namespace {

constexpr const char* generator_name = "ChartlineXXH3";

class Xxh3Generator final : public rocksdb::FileChecksumGenerator {
 public:
  Xxh3Generator() : state_(XXH3_createState()) { XXH3_128bits_reset(state_); }
  ~Xxh3Generator() override { XXH3_freeState(state_); }
  void Update(const char* data, std::size_t n) override { XXH3_128bits_update(state_, data, n); }
  void Finalize() override {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_));
    checksum_.assign(reinterpret_cast<const char*>(canonical.digest), sizeof canonical.digest);
  }
  std::string GetChecksum() const override { return checksum_; }
  const char* Name() const override { return generator_name; }

 private:
  XXH3_state_t* state_;
  std::string checksum_;
};

class Xxh3Factory final : public rocksdb::FileChecksumGenFactory {
 public:
  std::unique_ptr<rocksdb::FileChecksumGenerator> CreateFileChecksumGenerator(
      const rocksdb::FileChecksumGenContext& context) override {
    const bool ours =
        context.requested_checksum_func_name.empty() || context.requested_checksum_func_name == generator_name;
    return ours ? std::make_unique<Xxh3Generator>() : nullptr;
  }
  const char* Name() const override { return "ChartlineXXH3Factory"; }
};

}  // namespace

std::shared_ptr<rocksdb::FileChecksumGenFactory> file_checksums() { return std::make_shared<Xxh3Factory>(); }
std::unique_ptr<rocksdb::FileChecksumGenerator> file_checksum() { return std::make_unique<Xxh3Generator>(); }

}  // namespace chartline::engine
