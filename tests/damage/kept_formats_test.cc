// Formats are kept: what a released program has written must open, and answer as it did then, for ever. Each folder
// tests/formats_kept/format-N holds a store and its backups as a program of that format left them, and what it answered.
//
//   CHARTLINE_KEEP_FORMAT=1 ./dev test -R damage.KeptFormats      writes the folder of the present format, once
//
// What is there is never written again. A change of the format gets a number of its own, and a folder beside the others.
#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/audit/trail.h"
#include "engine/storage/local_backend.h"
#include "engine/store_parts.h"
#include "tests/damage/told_store.h"
#include "tests/engine_maintenance/made_store.h"
#include "tests/exchange/packed.h"

namespace chartline::engine {
namespace {

namespace fs = std::filesystem;

const std::string kept_folder = "tests/formats_kept";
constexpr std::uint32_t kept_shards = 2;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out << bytes;
  ASSERT_TRUE(out.flush()) << path;
}

// A whole folder, but for locks and the database's own diary.
std::string packed(const std::string& folder) {
  exchange::Members members;
  for (const auto& each : fs::recursive_directory_iterator(folder)) {
    const std::string name = fs::relative(each.path(), folder).string();
    const std::string last = each.path().filename().string();
    if (!each.is_regular_file() || name.starts_with("scratch") || name.ends_with(".lock") || last == "LOCK" ||
        last == "lock" || last.starts_with("LOG"))
      continue;
    members.emplace_back(name, read_file(each.path()));
  }
  std::sort(members.begin(), members.end());
  return exchange::pack(exchange::tar(members), exchange::Packing::xz);
}

void unpack(const std::string& path, const std::string& folder) {
  archive* from = archive_read_new();
  archive_read_support_filter_all(from), archive_read_support_format_tar(from);
  ASSERT_EQ(archive_read_open_filename(from, path.c_str(), 65'536), ARCHIVE_OK) << path;
  for (archive_entry* entry = nullptr; archive_read_next_header(from, &entry) == ARCHIVE_OK;) {
    std::string bytes(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
    ASSERT_EQ(archive_read_data(from, bytes.data(), bytes.size()), static_cast<la_ssize_t>(bytes.size()));
    write_file(fs::path(folder) / archive_entry_pathname(entry), bytes);
  }
  archive_read_free(from);
}

std::string heads_of(Store& store) {
  std::string lines;
  for (const AuditHead& head : store.audit_heads()) lines += text(head) + "\n";
  return lines;
}

// `== question`, and the lines of its answer.
std::string text_of(Store& store) {
  std::string text = "== content\n" + hash_of(store) + "\n== history\n" + hash_of(store, true) + "\n";
  for (const auto& [question, answer] : answers_of(store)) {
    EXPECT_FALSE(answer.failed) << question << ": " << answer.words;
    text += "== " + question + "\n" + answer.words + "\n";
  }
  return text;
}

// A store with an erasure behind it and an unfolded log, and two backups of before.
void keep_format(const std::string& folder) {
  FixedClock clock(told_from);
  const TestFolder scratch;
  describe_store(*local_backend(scratch.path("store"), true).value(), kept_shards, 1);
  {
    auto store = open_store(scratch.path("store"), clock);
    tell_everything(*store, clock, 1, true);
    ASSERT_TRUE(backup(*store, scratch.path("backup")));
    ASSERT_TRUE(erase(*store, {"test", "p4"}));
    clock.advance(1'000'000);
    tell_everything(*store, clock, 11, false);
    ASSERT_TRUE(backup(*store, scratch.path("backup")));
    const exchange::Members said = {{"answers.txt", text_of(*store)}, {"audit_heads.txt", heads_of(*store)}};
    write_file(folder + "/said.tar.xz", exchange::pack(exchange::tar(said), exchange::Packing::xz));
  }
  write_file(folder + "/store.tar.xz", packed(scratch.path("store")));
  write_file(folder + "/backup.tar.xz", packed(scratch.path("backup")));
}

std::vector<std::string> kept_formats() {
  std::vector<std::string> folders;
  for (const auto& each : fs::directory_iterator(kept_folder))
    if (each.is_directory()) folders.push_back(each.path().string());
  std::sort(folders.begin(), folders.end());
  return folders;
}

class KeptFormats : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string present = kept_folder + "/format-" + std::to_string(format_version);
    if (std::getenv("CHARTLINE_KEEP_FORMAT") && !fs::exists(present)) keep_format(present);
    ASSERT_TRUE(fs::exists(present)) << "the present format is kept nowhere yet";
  }
  std::string at(const std::string& name) const { return scratch_.path(name); }
  std::string said(const std::string& kept, const std::string& what) const {
    unpack(kept + "/said.tar.xz", at("said"));
    return read_file(at("said") + "/" + what);
  }

  FixedClock clock_{told_from + 10'000'000'000};
  TestFolder scratch_;
};

TEST_F(KeptFormats, OpenAndAnswerAsTheyDid) {
  for (const std::string& kept : kept_formats()) {
    SCOPED_TRACE(kept);
    for (const bool read_only : {true, false}) {
      fs::remove_all(at("store"));
      unpack(kept + "/store.tar.xz", at("store"));
      StoreOptions options = quiet_options(clock_);
      options.read_only = read_only;
      auto store = Store::open(at("store"), options);
      ASSERT_TRUE(store) << store.error().message;
      EXPECT_EQ(text_of(**store), said(kept, "answers.txt"));
      EXPECT_EQ(heads_of(**store), said(kept, "audit_heads.txt"));
      EXPECT_EQ(first_finding(**store), "");
    }
  }
}

TEST_F(KeptFormats, AreWrittenOnAndStaySound) {
  for (const std::string& kept : kept_formats()) {
    SCOPED_TRACE(kept);
    fs::remove_all(at("store"));
    unpack(kept + "/store.tar.xz", at("store"));
    auto store = open_store(at("store"), clock_);
    std::vector<AuditHead> heads = store->audit_heads();
    const std::string before = hash_of(*store, true);
    ASSERT_TRUE(store->fold());
    EXPECT_EQ(hash_of(*store, true), before);
    ASSERT_TRUE(store->compact());
    EXPECT_EQ(hash_of(*store, true), before);
    tell_everything(*store, clock_, 21, true);
    EXPECT_EQ(first_finding(*store), "");
    const auto verified = verify_audit(*store, heads);
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_TRUE(verified->findings.empty()) << "its audit log has grown from the one that was kept";
  }
}

TEST_F(KeptFormats, BackupsAreRestored) {
  for (const std::string& kept : kept_formats()) {
    SCOPED_TRACE(kept);
    fs::remove_all(at("backup")), fs::remove_all(at("restored"));
    unpack(kept + "/backup.tar.xz", at("backup"));
    const auto list = list_backups(at("backup"));
    ASSERT_TRUE(list) << list.error().message;
    ASSERT_EQ(list->size(), 2u);
    const auto newest = restore(at("backup"), at("restored"), {.name = {}, .verify = true, .progress = {}});
    ASSERT_TRUE(newest) << newest.error().message;
    EXPECT_EQ(text_of(*open_store(at("restored"), clock_)), said(kept, "answers.txt"));
    fs::remove_all(at("restored"));
    const auto oldest =
        restore(at("backup"), at("restored"), {.name = list->front().name, .verify = true, .progress = {}});
    ASSERT_TRUE(oldest) << oldest.error().message;
    EXPECT_EQ(oldest->erased_again, 1u);
  }
}

TEST_F(KeptFormats, NewerOnesAreRefused) {
  constexpr std::uint32_t newer = format_version + 1;
  const std::string words = "the store has format " + std::to_string(newer) + "; this program reads up to format " +
                            std::to_string(format_version) + ": use a newer chartline";
  unpack(kept_formats().back() + "/store.tar.xz", at("store"));
  {
    const auto backend = local_backend(at("store"), false).value();
    StoreDescription description = read_description(*backend).value();
    const Bytes before = encode(description);
    description.format = newer;
    ASSERT_TRUE(backend->catalogue().set(description_entry, before, encode(description)));
  }
  for (const bool read_only : {false, true}) {
    StoreOptions options = quiet_options(clock_);
    options.read_only = read_only;
    const auto opened = Store::open(at("store"), options);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().fault, Fault::unsupported);
    EXPECT_EQ(opened.error().message, words);
  }
  EXPECT_FALSE(Store::init(at("store"), {})) << "nor is it written over";
}

}  // namespace
}  // namespace chartline::engine
