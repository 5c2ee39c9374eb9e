#include "engine/storage/rocks_files.h"

#include <rocksdb/db.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/file_system.h>
#include <rocksdb/metadata.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/sst_file_writer.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include "engine/storage/disk.h"
#include "engine/storage/rocks_careful_files.h"
#include "engine/storage/rocks_options.h"
#include "engine/storage/rocks_status.h"

namespace chartline::engine {
namespace {

rocksdb::Slice slice(BytesView bytes) { return {bytes.data(), bytes.size()}; }

class RocksSortedFile final : public SortedFile {
 public:
  RocksSortedFile(rocksdb::DB& database, rocksdb::ColumnFamilyHandle* handle, Table table, std::string path,
                  std::string place)
      : table_(table),
        path_(std::move(path)),
        place_(std::move(place)),
        writer_(std::make_unique<rocksdb::SstFileWriter>(
            rocksdb::EnvOptions(database.GetDBOptions()), database.GetOptions(handle), handle, invalidate_pages,
            rocksdb::Env::IOPriority::IO_TOTAL, !has_filter_at_the_bottom(table))) {}
  ~RocksSortedFile() override {
    std::error_code ignored;  // already moved into the database, or swept away when the shard is next opened
    std::filesystem::remove(path_, ignored);
  }

  Result<void> open() { return result(writer_->Open(path_)); }

  Result<void> put(BytesView key, BytesView value) override {
    if (finished_) return invalid_request("a sorted file was written to after its end");
    return result(writer_->Put(slice(key), slice(value)));
  }
  std::uint64_t bytes() const override { return finished_ ? info_.file_size : writer_->FileSize(); }
  Result<void> finish() override {
    if (finished_) return {};
    const rocksdb::Status status = writer_->Finish(&info_);
    finished_ = status.ok();
    if (finished_) writer_.reset();  // its buffers are a mebibyte
    return result(status);
  }

  bool finished() const { return finished_; }
  Table table() const { return table_; }
  const std::string& path() const { return path_; }
  const rocksdb::ExternalSstFileInfo& info() const { return info_; }

 private:
  // The pages of a file just written are read again soon: they are left where they are.
  static constexpr bool invalidate_pages = false;

  Result<void> result(const rocksdb::Status& status) const {
    if (status.ok()) return {};
    if (status.IsInvalidArgument())
      return invalid_request("table " + std::string(name(table_)) +
                             ": the keys of a sorted file must ascend, and there must be one");
    return error_of(status, place_ + ", a sorted file of table " + std::string(name(table_)));
  }

  Table table_;
  std::string path_;
  std::string place_;
  std::unique_ptr<rocksdb::SstFileWriter> writer_;  // null: finished
  rocksdb::ExternalSstFileInfo info_;
  bool finished_ = false;
};

// Files that overlap what is stored are not taken in: RocksDB 7.8 is not to be trusted with them.
Result<void> check_range_empty(rocksdb::DB& database, rocksdb::ColumnFamilyHandle* handle, const RocksSortedFile& file,
                               const std::string& place) {
  const std::unique_ptr<rocksdb::Iterator> at(database.NewIterator(rocksdb::ReadOptions(), handle));
  at->Seek(file.info().smallest_key);
  if (!at->status().ok()) return error_of(at->status(), place + ", table " + std::string(name(file.table())));
  if (at->Valid() && at->key().compare(file.info().largest_key) <= 0)
    return conflict(place + ", table " + std::string(name(file.table())) + " has keys in the range of a sorted file");
  return {};
}

// What RocksDB asks of the file while it takes it in, but before: see TakingIn.
Result<void> read_ends(rocksdb::DB& database, rocksdb::ColumnFamilyHandle* handle, const RocksSortedFile& file,
                       const std::string& place) {
  const std::string where = place + ", a sorted file of table " + std::string(name(file.table()));
  rocksdb::SstFileReader reader(database.GetOptions(handle));
  if (const rocksdb::Status status = reader.Open(file.path()); !status.ok()) return error_of(status, where);
  rocksdb::ReadOptions options;
  options.fill_cache = false;  // what is there would not be read, and so not be kept
  const std::unique_ptr<rocksdb::Iterator> at(reader.NewIterator(options));
  const TakingIn::Keeping keeping;
  at->SeekToFirst();
  const bool begins = at->Valid() && at->key() == file.info().smallest_key;
  if (begins) at->SeekToLast();
  if (at->status().IsIOError()) return error_of(at->status(), where);
  if (!begins || !at->Valid() || at->key() != file.info().largest_key)
    return unavailable(where + ": what was read differs from what was written just before");
  return {};
}

// Sleeps as long as it takes to have read `bytes` no faster than asked.
class Pace {
 public:
  explicit Pace(std::uint64_t bytes_per_second) : rate_(bytes_per_second) {}
  void read(std::uint64_t bytes) {
    total_ += bytes;
    if (rate_ == 0) return;
    const std::chrono::duration<double> due(static_cast<double>(total_) / static_cast<double>(rate_));
    std::this_thread::sleep_until(start_ + std::chrono::duration_cast<Clock::duration>(due));
  }
  std::uint64_t total() const { return total_; }

 private:
  using Clock = std::chrono::steady_clock;
  std::uint64_t rate_;
  std::uint64_t total_ = 0;
  Clock::time_point start_ = Clock::now();
};

bool still_live(rocksdb::DB& database, const std::string& file) {
  std::vector<rocksdb::LiveFileMetaData> live;
  database.GetLiveFilesMetaData(&live);
  return std::any_of(live.begin(), live.end(), [&](const auto& one) { return one.relative_filename == file; });
}

// False where `stop` ended it. A file that was compacted away meanwhile has nothing to answer for.
Result<bool> verify_file(rocksdb::DB& database, const rocksdb::LiveFileMetaData& file, Pace& pace,
                         const std::function<bool()>& stop, const std::string& place) {
  const Error damaged = corrupt(place + ": the bytes differ from what was written; restore the shard from a backup");
  const std::string path = file.directory + "/" + file.relative_filename;
  std::unique_ptr<rocksdb::FSSequentialFile> open;
  rocksdb::IOStatus status = database.GetFileSystem()->NewSequentialFile(path, rocksdb::FileOptions(), &open, nullptr);
  if (!status.ok() && !still_live(database, file.relative_filename)) return true;
  if (status.IsPathNotFound() || status.IsNotFound())
    return corrupt(place + ": the file is missing; restore the shard from a backup");
  if (!status.ok()) return error_of(status, place);

  const std::unique_ptr<rocksdb::FileChecksumGenerator> checksum = file_checksum();
  if (file.file_checksum_func_name != checksum->Name()) return corrupt(place + ": the manifest has no checksum of it");
  std::uint64_t bytes = 0;
  Bytes buffer(256 << 10, '\0');
  for (rocksdb::Slice piece;;) {
    if (stop && stop()) return false;
    status = open->Read(buffer.size(), rocksdb::IOOptions(), &piece, buffer.data(), nullptr);
    if (!status.ok()) return error_of(status, place);
    if (piece.empty()) break;
    checksum->Update(piece.data(), piece.size());
    bytes += piece.size();
    pace.read(piece.size());
  }
  checksum->Finalize();
  if (bytes != file.size || checksum->GetChecksum() != file.file_checksum) return damaged;
  return true;
}

}  // namespace

Result<std::unique_ptr<SortedFile>> sorted_file(rocksdb::DB& database, rocksdb::ColumnFamilyHandle* handle, Table table,
                                                const std::string& path, const std::string& place) {
  auto file = std::make_unique<RocksSortedFile>(database, handle, table, path, place);
  TRY(file->open());
  return std::unique_ptr<SortedFile>(std::move(file));
}

Result<void> ingest_files(rocksdb::DB& database, const TableHandles& handles,
                          std::span<const std::unique_ptr<SortedFile>> files, const std::string& place) {
  std::map<Table, rocksdb::IngestExternalFileArg> arguments;
  for (const auto& each : files) {
    const auto& file = static_cast<const RocksSortedFile&>(*each);
    if (!file.finished()) return invalid_request("a sorted file must be finished before it is taken in");
    rocksdb::ColumnFamilyHandle* handle = handles[static_cast<std::size_t>(file.table())];
    TRY(check_range_empty(database, handle, file, place));
    rocksdb::IngestExternalFileArg& argument = arguments[file.table()];
    argument.column_family = handle;
    argument.external_files.push_back(file.path());
    argument.files_checksums.push_back(file.info().file_checksum);
    argument.files_checksum_func_names.push_back(file.info().file_checksum_func_name);
    argument.options.move_files = true;
    // The sequence number goes into the manifest: the bytes of the file, and so its checksum, stay as written.
    argument.options.write_global_seqno = false;
    // The checksum was taken as the bytes were written; a scrub compares them, reading again now would say little.
    argument.options.verify_file_checksum = false;
  }
  if (arguments.empty()) return {};
  // Files are durable at once: what was written before them without sync must not be lost behind them.
  if (const rocksdb::Status status = database.SyncWAL(); !status.ok()) return error_of(status, place);
  std::vector<rocksdb::IngestExternalFileArg> all;
  for (auto& [table, argument] : arguments) all.push_back(std::move(argument));
  const TakingIn taking;
  for (const auto& each : files) {
    const auto& file = static_cast<const RocksSortedFile&>(*each);
    TRY(read_ends(database, handles[static_cast<std::size_t>(file.table())], file, place));
  }
  const rocksdb::Status status = database.IngestExternalFiles(all);
  return status.ok() ? Result<void>() : error_of(status, place);
}

Result<std::uint64_t> verify_database_files(rocksdb::DB& database, std::uint64_t bytes_per_second,
                                            const std::function<bool()>& stop, const std::string& place) {
  std::vector<rocksdb::LiveFileMetaData> files;
  database.GetLiveFilesMetaData(&files);
  Pace pace(bytes_per_second);
  for (const rocksdb::LiveFileMetaData& file : files) {
    const std::string where = place + ", table " + file.column_family_name + ", file " + file.relative_filename;
    if (!TRY(verify_file(database, file, pace, stop, where))) break;
  }
  return pace.total();
}

Result<std::vector<std::string>> files_below(const std::string& folder) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  std::error_code failed;
  std::error_code gone;  // deleted since it was listed
  fs::recursive_directory_iterator each(folder, failed);
  for (; !failed && each != fs::recursive_directory_iterator(); each.increment(failed))
    if (each->is_regular_file(gone) && each->path().filename() != "LOCK") files.push_back(each->path().string());
  if (failed) return disk_error(failed.value(), "read the folder", folder);
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace chartline::engine
