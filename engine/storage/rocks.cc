#include "engine/storage/rocks.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <limits>
#include <new>
#include <numeric>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "engine/storage/disk.h"
#include "engine/storage/only_from_memory.h"
#include "engine/storage/rocks_careful_files.h"
#include "engine/storage/rocks_files.h"
#include "engine/storage/rocks_options.h"
#include "engine/storage/rocks_status.h"

namespace chartline::engine {
namespace {

namespace fs = std::filesystem;

rocksdb::Slice slice(BytesView bytes) { return {bytes.data(), bytes.size()}; }
BytesView view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// Whether a write has failed, in the foreground or in the background. There is no way back but to open again.
struct FailStop {
  std::atomic<bool> failed = false;
};

class Watch final : public rocksdb::EventListener {
 public:
  explicit Watch(std::shared_ptr<FailStop> stop) : stop_(std::move(stop)) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status*) override { stop_->failed = true; }
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* recover) override {
    *recover = false;
  }

 private:
  std::shared_ptr<FailStop> stop_;
};

// The open database. Snapshots share it, so that none outlives it.
struct Database {
  std::shared_ptr<rocksdb::Env> env;  // outlives the database
  std::shared_ptr<FailStop> stop = std::make_shared<FailStop>();
  std::unique_ptr<rocksdb::DB> db;
  TableHandles handles{};

  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() {
    for (rocksdb::ColumnFamilyHandle* handle : handles)
      if (handle) db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
    // What an error here says, the failed write has said before; the log holds what was acknowledged.
    if (db) db->Close().PermitUncheckedError();
  }
};

class RocksSnapshot final : public Snapshot {
 public:
  explicit RocksSnapshot(std::shared_ptr<Database> database)
      : database_(std::move(database)), at_(database_->db->GetSnapshot()) {}
  ~RocksSnapshot() override { database_->db->ReleaseSnapshot(at_); }
  const rocksdb::Snapshot* at() const { return at_; }

 private:
  std::shared_ptr<Database> database_;
  const rocksdb::Snapshot* at_;
};

// A memtable takes ascending keys at a third of the price of others, and those of a fold come nearly so: each moves a few places
// at most. What is done to one key stays in its order.
std::vector<const Batch::Operation*> ascending(const Batch& batch) {
  std::array<std::size_t, table_count> at{};  // where the next operation of each table goes
  for (const Batch::Operation& operation : batch.operations()) ++at[static_cast<std::size_t>(operation.table)];
  std::exclusive_scan(at.begin(), at.end(), at.begin(), std::size_t{0});
  std::vector<const Batch::Operation*> operations(batch.operations().size());
  for (const Batch::Operation& operation : batch.operations())
    operations[at[static_cast<std::size_t>(operation.table)]++] = &operation;

  constexpr std::size_t moves_for_each = 8;
  const auto earlier = [](const auto* a, const auto* b) {
    return a->table != b->table ? a->table < b->table : a->key < b->key;
  };
  std::size_t moves_left = operations.size() * moves_for_each;
  for (std::size_t i = 1; i < operations.size(); ++i)
    for (std::size_t place = i; place > 0 && earlier(operations[place], operations[place - 1]); --place) {
      if (moves_left-- == 0) return std::stable_sort(operations.begin(), operations.end(), earlier), operations;
      std::swap(operations[place], operations[place - 1]);
    }
  return operations;
}

// Whether a get of it reads a block for the one patient who is asked about.
bool is_of_one_patient(Table table) { return table == Table::identity || table == Table::timeline; }

class RocksTables final : public Tables {
 public:
  RocksTables(std::shared_ptr<Database> database, RocksOpening opening)
      : database_(std::move(database)), db_(*database_->db), opening_(std::move(opening)) {}

  Result<bool> get(Table table, BytesView key, const Snapshot* at, Pinned& value) override {
    static_assert(sizeof(rocksdb::PinnableSlice) <= Pinned::storage_bytes && alignof(rocksdb::PinnableSlice) <= 16);
    value.reset();
    auto* pinned = new (value.storage()) rocksdb::PinnableSlice();
    value.hold({}, [](void* storage) { static_cast<rocksdb::PinnableSlice*>(storage)->~PinnableSlice(); });
    const ByPieces by_pieces(is_of_one_patient(table));
    const rocksdb::Status status = db_.Get(reading(at), handle(table), slice(key), pinned);
    if (status.ok()) return value.keep(view(*pinned)), true;
    value.reset();
    if (status.IsNotFound()) return false;
    return failed_read(status, table);
  }

  Result<void> get_many(Table table, std::span<const Bytes> keys, const Snapshot* at,
                        std::vector<std::optional<Bytes>>& values) override {
    values.assign(keys.size(), std::nullopt);
    // MultiGet (RocksDB 7.8) does not fail where the tier should make it.
    if (OnlyFromMemory::of_this_thread()) {
      Pinned value;
      for (std::size_t i = 0; i < keys.size(); ++i)
        if (TRY(get(table, keys[i], at, value))) values[i] = Bytes(value.bytes());
      return {};
    }
    const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
    std::vector<rocksdb::PinnableSlice> found(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    const bool sorted = std::is_sorted(keys.begin(), keys.end());
    db_.MultiGet(reading(at), handle(table), slices.size(), slices.data(), found.data(), statuses.data(), sorted);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (statuses[i].ok()) values[i] = found[i].ToString();
      else if (!statuses[i].IsNotFound()) return failed_read(statuses[i], table);
    }
    return {};
  }

  Result<void> write(const Batch& batch, bool sync) override {
    TRY(check_writable());
    constexpr std::size_t header_bytes_per_operation = 16;
    rocksdb::WriteBatch writes(batch.bytes() + header_bytes_per_operation * (batch.operations().size() + 1));
    for (const Batch::Operation* operation : ascending(batch)) {
      const rocksdb::Status added = operation->erase
                                        ? writes.Delete(handle(operation->table), operation->key)
                                        : writes.Put(handle(operation->table), operation->key, operation->value);
      if (!added.ok()) return invalid_request(place(operation->table) + ": a key or value is too large to be stored");
    }
    rocksdb::WriteOptions options;
    options.sync = sync;
    const rocksdb::Status status = db_.Write(options, &writes);
    return status.ok() ? Result<void>() : failed(status);
  }

  SnapshotPtr snapshot() override { return std::make_shared<RocksSnapshot>(database_); }

  Result<void> scan(Table table, BytesView from, BytesView past, const Snapshot* at,
                    const std::function<bool(BytesView, BytesView)>& visit) override {
    rocksdb::ReadOptions options = reading(at);
    options.fill_cache = false;  // a check must not push out what questions need
    const rocksdb::Slice end = slice(past);
    if (!past.empty()) options.iterate_upper_bound = &end;
    const std::unique_ptr<rocksdb::Iterator> each(db_.NewIterator(options, handle(table)));
    for (each->Seek(slice(from)); each->Valid(); each->Next())
      if (!visit(view(each->key()), view(each->value()))) return {};
    if (!each->status().ok()) return failed_read(each->status(), table);
    return {};
  }

  Result<std::unique_ptr<SortedFile>> sorted_file(Table table) override {
    TRY(check_writable());
    const std::string path = ingest_folder(opening_.folder) + "/" + std::to_string(++sorted_files_) + ".sst";
    return engine::sorted_file(db_, handle(table), table, path, opening_.place);
  }

  Result<void> ingest(std::span<const std::unique_ptr<SortedFile>> files) override {
    TRY(check_writable());
    return ingest_files(db_, database_->handles, files, opening_.place);
  }

  Result<void> flush() override {
    TRY(check_writable());
    const std::vector<rocksdb::ColumnFamilyHandle*> all(database_->handles.begin(), database_->handles.end());
    const rocksdb::Status status = db_.Flush(rocksdb::FlushOptions(), all);
    return status.ok() ? Result<void>() : failed(status);
  }

  Result<void> compact() override {
    TRY(flush());
    for (int t = 0; t < table_count; ++t) TRY(compact(static_cast<Table>(t), {}, {}));
    return {};
  }

  Result<void> compact(Table table, BytesView from, BytesView past) override {
    TRY(check_writable());
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;  // erased bytes lie there too
    const rocksdb::Slice begin = slice(from);
    const rocksdb::Slice end = slice(past);
    const rocksdb::Status status =
        db_.CompactRange(options, handle(table), from.empty() ? nullptr : &begin, past.empty() ? nullptr : &end);
    return status.ok() ? Result<void>() : failed(status);
  }

  Result<void> checkpoint(const std::string& folder) override {
    std::error_code ignored;
    if (fs::exists(folder, ignored)) return disk_error(EEXIST, "make a checkpoint in", folder);
    rocksdb::Checkpoint* made = nullptr;
    rocksdb::Status status = rocksdb::Checkpoint::Create(&db_, &made);
    const std::unique_ptr<rocksdb::Checkpoint> owned(made);
    // A size of zero flushes first: the copy holds every batch that was written, in files that carry checksums.
    if (status.ok()) status = made->CreateCheckpoint(folder, 0);
    if (!status.ok()) return error_of(status, opening_.place + ", checkpoint");
    return sync_folder(parent_folder(folder));
  }

  Result<std::vector<std::string>> files() override { return files_below(opening_.folder); }

  Result<std::uint64_t> verify_files(std::uint64_t bytes_per_second, const std::function<bool()>& stop) override {
    return verify_database_files(db_, bytes_per_second, stop, opening_.place);
  }

  std::vector<TableStats> stats() override {
    std::vector<TableStats> all;
    for (int t = 0; t < table_count; ++t) {
      TableStats& one = all.emplace_back();
      one.table = static_cast<Table>(t);
      db_.GetIntProperty(handle(one.table), rocksdb::DB::Properties::kEstimateNumKeys, &one.keys);
      db_.GetIntProperty(handle(one.table), rocksdb::DB::Properties::kTotalSstFilesSize, &one.file_bytes);
    }
    return all;
  }

  bool writable() const override { return check_writable().has_value(); }

  static std::string ingest_folder(const std::string& folder) { return folder + "/ingest"; }

 private:
  rocksdb::ColumnFamilyHandle* handle(Table table) const { return database_->handles[static_cast<std::size_t>(table)]; }
  std::string place(Table table) const { return opening_.place + ", table " + std::string(name(table)); }

  static rocksdb::ReadOptions reading(const Snapshot* at) {
    rocksdb::ReadOptions options;
    if (at) options.snapshot = static_cast<const RocksSnapshot*>(at)->at();
    if (OnlyFromMemory::of_this_thread()) options.read_tier = rocksdb::kBlockCacheTier;
    return options;
  }

  Error failed_read(const rocksdb::Status& status, Table table) const {
    OnlyFromMemory* const only = OnlyFromMemory::of_this_thread();
    if (!only || !status.IsIncomplete()) return error_of(status, place(table));
    only->miss();
    return busy(place(table) + ": not in memory");
  }

  Result<void> check_writable() const {
    if (opening_.options.read_only) return invalid_request(opening_.place + " was opened for reading only");
    if (database_->stop->failed)
      return unavailable(opening_.place +
                         " is closed to writes since one failed: open it again to go on from what was acknowledged");
    if (opening_.may_write && !opening_.may_write()) {
      database_->stop->failed = true;
      return unavailable(opening_.place + ": the lease was lost to another holder");
    }
    return {};
  }

  // Whether the bytes reached the disk is unknown, and trying again could write behind a hole.
  Error failed(const rocksdb::Status& status) {
    database_->stop->failed = true;
    Error error = error_of(status, opening_.place);
    if (error.fault != Fault::corrupt) error.fault = Fault::unavailable;
    error.message +=
        "; the outcome of the write is unknown, and the shard is closed to writes until it is opened again";
    return error;
  }

  std::shared_ptr<Database> database_;
  rocksdb::DB& db_;
  RocksOpening opening_;
  std::atomic<std::uint64_t> sorted_files_ = 0;
};

std::vector<rocksdb::ColumnFamilyDescriptor> families(const TablesOptions& options) {
  const std::shared_ptr<rocksdb::Cache> cache = block_cache(options);
  // RocksDB demands a family of this name; nothing is kept in it.
  std::vector<rocksdb::ColumnFamilyDescriptor> all{{rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions()}};
  for (int t = 0; t < table_count; ++t) {
    const auto table = static_cast<Table>(t);
    all.emplace_back(std::string(name(table)), table_options(table, options, cache));
  }
  return all;
}

constexpr int read_only_tries = 5;
constexpr auto read_only_pause = std::chrono::milliseconds(10);

Result<void> open_database(const RocksOpening& opening, const std::string& folder, rocksdb::DBOptions options,
                           Database& into) {
  options.listeners.push_back(std::make_shared<Watch>(into.stop));
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  rocksdb::Status status;
  if (opening.options.read_only) {
    // A writer beside may take files away between the reading of the manifest and the opening of what it names: what is
    // damaged is damaged the next time too.
    for (int tries = 0; tries < read_only_tries && (tries == 0 || !status.ok()); ++tries) {
      if (tries > 0) std::this_thread::sleep_for(read_only_pause * tries);
      status = rocksdb::DB::OpenForReadOnly(options, folder, families(opening.options), &handles, &db);
    }
  } else {
    status = rocksdb::DB::Open(options, folder, families(opening.options), &handles, &db);
  }
  if (!status.ok()) return error_of(status, opening.place);
  into.db.reset(db);
  check(handles.size() == table_count + 1);
  const rocksdb::Status dropped = db->DestroyColumnFamilyHandle(handles.front());
  check(dropped.ok(), "the handle of the default family is given back");
  std::copy(handles.begin() + 1, handles.end(), into.handles.begin());
  return {};
}

// Made aside and renamed, so that a folder of the right name always holds a whole database: RocksDB would take one that
// has lost its CURRENT file for new, and delete what it finds there.
Result<void> create_database(const RocksOpening& opening, rocksdb::DBOptions options) {
  const std::string aside = opening.folder + ".new";
  std::error_code failed;
  fs::remove_all(aside, failed);
  if (failed) return disk_error(failed.value(), "remove", aside);
  options.create_if_missing = true;
  {
    Database made;
    made.env = opening.env;
    rocksdb::DB* db = nullptr;
    rocksdb::Status status = rocksdb::DB::Open({options, rocksdb::ColumnFamilyOptions()}, aside, &db);
    if (!status.ok()) return error_of(status, opening.place);
    made.db.reset(db);
    // All tables at once: each alone would have the options of all written and synced again.
    std::vector<rocksdb::ColumnFamilyDescriptor> tables = families(opening.options);
    tables.erase(tables.begin());  // the default one
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    status = db->CreateColumnFamilies(tables, &handles);
    std::copy(handles.begin(), handles.end(), made.handles.begin());
    if (!status.ok()) return error_of(status, opening.place);
  }
  TRY(make_folder(RocksTables::ingest_folder(aside)));
  fs::rename(aside, opening.folder, failed);
  if (failed) return disk_error(failed.value(), "rename to", opening.folder);
  return sync_folder(parent_folder(opening.folder));
}

// A table that this build does not know was written by a newer one; a table that the folder lacks is made at open.
Result<void> check_families(const RocksOpening& opening, const rocksdb::DBOptions& options) {
  std::vector<std::string> present;
  const rocksdb::Status status = rocksdb::DB::ListColumnFamilies(options, opening.folder, &present);
  if (status.IsNotFound() || status.IsPathNotFound())
    return error_of(rocksdb::Status::Corruption(status.ToString()), opening.place);  // the folder is there: it has been lost
  if (!status.ok()) return error_of(status, opening.place);
  for (const std::string& one : present)
    if (one != rocksdb::kDefaultColumnFamilyName && !parse_table(one))
      return unsupported(opening.place + " has a table that this build does not know: a newer release has written it");
  return {};
}

Result<void> sweep_ingest_folder(const std::string& folder) {
  const std::string ingest = RocksTables::ingest_folder(folder);
  std::error_code failed;
  fs::remove_all(ingest, failed);
  if (failed) return disk_error(failed.value(), "remove", ingest);
  return make_folder(ingest);
}

// Each opening begins a log, and RocksDB lets go of logs only when it has flushed what they say: never, where nothing is written.
// One without a byte is not missed; one that has been damaged stays for whoever looks into it.
Result<void> sweep_empty_logs(const std::string& folder) {
  std::error_code failed;
  for (fs::directory_iterator each(folder, failed); !failed && each != fs::directory_iterator(); each.increment(failed)) {
    if (each->path().extension() != ".log" || each->file_size(failed) != 0 || failed) continue;
    if (fs::remove(each->path(), failed); failed) break;
  }
  if (failed) return disk_error(failed.value(), "look through", folder);
  return {};
}

}  // namespace

Result<std::unique_ptr<Tables>> open_rocks(RocksOpening opening) {
  opening.env = careful_files(opening.env);
  rocksdb::DBOptions options = database_options(opening);
  std::error_code failed;
  const bool present = fs::exists(opening.folder, failed);
  if (failed) return disk_error(failed.value(), "look for", opening.folder);
  if (!present && opening.options.read_only) return not_found(opening.place + " does not exist");
  if (!present) TRY(create_database(opening, options));
  if (!fs::is_directory(opening.folder, failed)) return disk_error(ENOTDIR, "open", opening.folder);

  if (!fs::exists(opening.folder + "/CURRENT", failed))
    return corrupt(opening.place + ", file CURRENT: it is missing; restore the shard from a backup");
  TRY(check_families(opening, options));
  if (!opening.options.read_only) {
    TRY(sweep_ingest_folder(opening.folder));
    TRY(sweep_empty_logs(opening.folder));
  }
  options.create_missing_column_families = true;
  auto database = std::make_shared<Database>();
  database->env = opening.env;
  TRY(open_database(opening, opening.folder, options, *database));
  return std::unique_ptr<Tables>(std::make_unique<RocksTables>(std::move(database), std::move(opening)));
}

}  // namespace chartline::engine
