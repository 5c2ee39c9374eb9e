// A file system in front of the system's own, whose random-access files are a test's: `File`, made of the file below and of what the test
// knows of all of them.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <memory>
#include <string>
#include <utility>

namespace chartline::engine {

template <typename File, typename Known>
class RandomFiles final : public rocksdb::FileSystemWrapper {
 public:
  explicit RandomFiles(Known& known) : FileSystemWrapper(rocksdb::FileSystem::Default()), known_(known) {}
  const char* Name() const override { return "RandomFiles"; }
  rocksdb::IOStatus NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                        rocksdb::IODebugContext* debug) override {
    const rocksdb::IOStatus status = FileSystemWrapper::NewRandomAccessFile(path, options, file, debug);
    if (status.ok()) *file = std::make_unique<File>(std::move(*file), known_);
    return status;
  }

 private:
  Known& known_;
};

template <typename File, typename Known>
std::shared_ptr<rocksdb::Env> random_files(Known& known) {
  return rocksdb::NewCompositeEnv(std::make_shared<RandomFiles<File, Known>>(known));
}

}  // namespace chartline::engine
