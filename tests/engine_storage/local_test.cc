// The backend of one machine: its folder, locks between processes, the catalogue and notes under damage.
#include "engine/storage/local_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/storage/disk.h"
#include "tests/engine_storage/backends.h"
#include "tests/engine_storage/damage.h"

namespace chartline::engine {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

// Runs `act` in another process; what it returns is that process's exit status.
template <typename Act>
pid_t in_another_process(Act act) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(act());
  return child;
}

int status_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class Local : public testing::Test {
 protected:
  TestFolder folder_;
  const std::string store_ = folder_ / "store";

  std::unique_ptr<Backend> created() { return local_backend(store_, true).value(); }
  std::unique_ptr<Backend> opened() { return local_backend(store_, false).value(); }
};

TEST_F(Local, AFolderIsMadeWhereItIsAbsentOrEmpty) {
  EXPECT_TRUE(local_backend(folder_ / "a/b/c", true));
  fs::create_directory(store_);
  EXPECT_TRUE(local_backend(store_, true));
  EXPECT_TRUE(local_backend(store_, false));
  const Error again = local_backend(store_, true).error();
  EXPECT_EQ(again.fault, Fault::conflict);
  EXPECT_THAT(again.message, AllOf(HasSubstr(store_), HasSubstr("not empty")));
}

TEST_F(Local, WhatIsNoStoreIsSaidSo) {
  EXPECT_EQ(local_backend(store_, false).error().fault, Fault::not_found);
  EXPECT_EQ(local_backend("", true).error().fault, Fault::invalid_request);
  fs::create_directory(store_);
  EXPECT_THAT(local_backend(store_, false).error().message, HasSubstr("no catalogue"));
  std::ofstream(folder_ / "file") << "x";
  for (const bool create : {true, false}) {
    EXPECT_EQ(local_backend(folder_ / "file", create).error().fault, Fault::invalid_request);
    EXPECT_EQ(local_backend(folder_ / "file/below", create).error().fault,
              create ? Fault::invalid_request : Fault::not_found);
  }
}

TEST_F(Local, AMissingRightIsSaidSo) {
  fs::create_directory(store_);
  fs::permissions(store_, fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(status_of(in_another_process([&] {
              if (::geteuid() == 0 && ::setuid(65534) != 0) return 1;  // the superuser may do everything
              const Error error = local_backend(store_, true).error();
              if (error.fault != Fault::unavailable) return 2;
              return error.message.find("permission denied") != std::string::npos &&
                             error.message.find(store_) != std::string::npos
                         ? 0
                         : 3;
            })),
            0);
}

TEST(Disk, EachCauseIsSaidInPlainWords) {
  EXPECT_EQ(disk_error(ENOSPC, "write", "/a").message, "cannot write /a: the disk is full");
  EXPECT_EQ(disk_error(EACCES, "open", "/a").message, "cannot open /a: permission denied");
  EXPECT_EQ(disk_error(EIO, "sync", "/a").fault, Fault::unavailable);
  EXPECT_EQ(disk_error(ENOENT, "open", "/a").fault, Fault::not_found);
  EXPECT_EQ(disk_error(ENOTDIR, "open", "/a").fault, Fault::invalid_request);
  EXPECT_THAT(disk_error(EXDEV, "rename to", "/a").message, HasSubstr("error " + std::to_string(EXDEV)));
}

TEST(Disk, AFullDeviceIsAnError) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "skipped: no /dev/full";
  const OpenFile full = open_file("/dev/full", 1 /* O_WRONLY */).value();
  EXPECT_THAT(write_at(full, "x", 0, "/dev/full").error().message, HasSubstr("the disk is full"));
}

TEST_F(Local, WhoeverWaitsIsToldWhichProcessHoldsTheShard) {
  const std::unique_ptr<Backend> backend = created();
  const std::string held = folder_ / "held";
  const std::string let_go = folder_ / "let-go";
  const auto wait_for = [](const std::string& file) {
    for (int i = 0; i < 2000 && !fs::exists(file); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return fs::exists(file);
  };
  const pid_t holder = in_another_process([&] {
    const std::unique_ptr<Backend> other = opened();
    const Result<std::unique_ptr<Lease>> lease = other->acquire(0, 0);
    std::ofstream(held) << "x";
    return lease && (*lease)->epoch() == 1 && wait_for(let_go) ? 0 : 1;
  });
  ASSERT_TRUE(wait_for(held));
  const Error refused = backend->acquire(0, 50).error();
  EXPECT_EQ(refused.fault, Fault::unavailable);
  EXPECT_THAT(refused.message, HasSubstr("process " + std::to_string(holder) + " on host "));
  std::ofstream(let_go) << "x";
  const Result<std::unique_ptr<Lease>> lease = backend->acquire(0, 10'000);
  ASSERT_TRUE(lease) << lease.error().message;
  EXPECT_EQ((*lease)->epoch(), 2);
  EXPECT_EQ(status_of(holder), 0);
}

TEST_F(Local, TheLeaseOfAProcessThatDiesIsFree) {
  const std::unique_ptr<Backend> backend = created();
  EXPECT_EQ(status_of(in_another_process([&] {
              const std::unique_ptr<Backend> dying = opened();
              const std::unique_ptr<Lease> held = dying->acquire(0, 0).value();
              if (held->valid()) ::_exit(0);  // without giving it back
              return 1;
            })),
            0);
  const Result<std::unique_ptr<Lease>> lease = backend->acquire(0, 0);
  ASSERT_TRUE(lease);
  EXPECT_EQ((*lease)->epoch(), 2);
}

TEST_F(Local, AHolderWhoseLockFileIsReplacedIsFenced) {
  const std::unique_ptr<Backend> backend = created();
  const std::unique_ptr<Lease> lease = backend->acquire(0, 0).value();
  const std::unique_ptr<Tables> tables = backend->open(0, lease.get(), {}).value();
  ASSERT_TRUE(tables->write(one_put(Table::meta, "a", "1"), true));
  fs::remove(store_ + "/shard-0000.lock");
  const std::unique_ptr<Lease> next = backend->acquire(0, 0).value();
  EXPECT_GT(next->epoch(), lease->epoch());
  EXPECT_FALSE(lease->valid());
  EXPECT_EQ(tables->write(one_put(Table::meta, "a", "2"), true).error().fault, Fault::unavailable);
  EXPECT_FALSE(tables->writable());
}

TEST_F(Local, ADamagedEpochIsCorruption) {
  { ASSERT_TRUE(created()->acquire(0, 0)); }
  flip_bit(store_ + "/shard-0000.epoch", size_of(store_ + "/shard-0000.epoch") - 1);
  EXPECT_EQ(opened()->acquire(0, 0).error().fault, Fault::corrupt);
}

TEST_F(Local, ADamagedCatalogueEntryIsCorruption) {
  const std::unique_ptr<Backend> backend = created();
  const std::string path = store_ + "/catalogue/shards";
  ASSERT_TRUE(backend->catalogue().set("shards", std::nullopt, "one\ntwo"));
  const std::uint64_t bytes = size_of(path);
  for (std::uint64_t byte = 0; byte < bytes; ++byte) {
    flip_bit(path, byte);
    const Error error = backend->catalogue().get("shards").error();
    EXPECT_TRUE(error.fault == Fault::corrupt || error.fault == Fault::unsupported) << "byte " << byte;
    EXPECT_THAT(error.message, HasSubstr("shards"));
    EXPECT_FALSE(backend->catalogue().set("shards", std::nullopt, "new")) << "damage is not overwritten";
    flip_bit(path, byte);
  }
  for (std::uint64_t kept = 0; kept < bytes; ++kept) {
    cut_to(path, 0);
    std::ofstream(path) << ("chartline-catalogue 1 0123456789abcdef\none\ntwo" + std::string()).substr(0, kept);
    EXPECT_EQ(backend->catalogue().get("shards").error().fault, Fault::corrupt) << "cut to " << kept;
  }
}

// Where only a length is damaged, or something that is no file stands in its place, nothing is waited for and no memory taken.
TEST_F(Local, SmallFilesThatAreTooLongOrNoneAreCorruption) {
  {
    const std::unique_ptr<Backend> backend = created();
    ASSERT_TRUE(backend->acquire(0, 0));
    ASSERT_TRUE(backend->catalogue().set("shards", std::nullopt, "1"));
    ASSERT_TRUE(backend->write_note(0, "position", "1"));
  }
  const auto fault_of = [](const auto& result) {
    return result ? std::optional<Fault>() : std::optional(result.error().fault);
  };
  const auto is_corrupt = [&](const std::string& path) {
    const std::unique_ptr<Backend> backend = opened();
    const std::optional<Fault> fault = path.ends_with("shards")   ? fault_of(backend->catalogue().get("shards"))
                                       : path.ends_with(".epoch") ? fault_of(backend->acquire(0, 0))
                                                                  : fault_of(backend->read_note(0, "position"));
    EXPECT_EQ(fault, Fault::corrupt) << path;
  };
  for (const char* name : {"/catalogue/shards", "/shard-0000.epoch", "/shard-0000.position.note"}) {
    const std::string path = store_ + name;
    fs::resize_file(path, std::uintmax_t{10} << 40);
    is_corrupt(path);
    fs::remove(path);
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    is_corrupt(path);
    fs::remove(path);
    fs::create_symlink("/dev/zero", path);
    is_corrupt(path);
    fs::remove(path);
  }
  EXPECT_EQ(open_file(store_, 1 /* O_WRONLY */).error().fault, Fault::invalid_request);
  ASSERT_EQ(::mkfifo((store_ + "/pipe").c_str(), 0600), 0);
  EXPECT_THAT(open_file(store_ + "/pipe", 1 /* O_WRONLY */).error().message, HasSubstr("it is a pipe or a device"));
}

TEST_F(Local, NamesCannotLeaveTheFolder) {
  const std::unique_ptr<Backend> backend = created();
  const std::string long_name(101, 'a');
  for (const std::string& name :
       std::vector<std::string>{"", "..", "../x", "a/b", ".hidden", "Upper", "a b", "a.new", long_name}) {
    EXPECT_EQ(backend->catalogue().get(name).error().fault, Fault::invalid_request) << name;
    EXPECT_EQ(backend->catalogue().set(name, std::nullopt, "v").error().fault, Fault::invalid_request) << name;
    EXPECT_EQ(backend->write_note(0, name, "v").error().fault, Fault::invalid_request) << name;
    EXPECT_EQ(backend->read_note(0, name).error().fault, Fault::invalid_request) << name;
  }
}

class Notes : public Local {
 protected:
  const std::string path_ = store_ + "/shard-0000.position.note";
  std::unique_ptr<Backend> backend_ = created();

  void SetUp() override {
    for (const char* text : {"first", "second", "third"}) ASSERT_TRUE(backend_->write_note(0, "position", text));
  }
  Result<std::optional<Bytes>> reread() { return opened()->read_note(0, "position"); }
};

TEST_F(Notes, ATornWriteLeavesTheNoteBefore) {
  int before = 0, after = 0;
  for (std::uint64_t byte = 0; byte < size_of(path_); byte += 7) {
    flip_bit(path_, byte);
    const Result<std::optional<Bytes>> note = reread();
    ASSERT_TRUE(note) << "byte " << byte;
    EXPECT_TRUE(*note == "third" || *note == "second") << "byte " << byte;
    (*note == "third" ? after : before) += 1;
    flip_bit(path_, byte);
  }
  EXPECT_GT(before, 0);
  EXPECT_GT(after, 0);
}

TEST_F(Notes, WithBothPlacesDamagedItIsCorruptNotAbsent) {
  flip_bit(path_, 30);
  flip_bit(path_, 2048 + 30);
  EXPECT_EQ(reread().error().fault, Fault::corrupt);
  EXPECT_EQ(opened()->write_note(0, "position", "x").error().fault, Fault::corrupt);
  cut_to(path_, 0);
  EXPECT_EQ(reread().error().fault, Fault::corrupt);
}

TEST_F(Notes, ANoteGoesOnAfterBeingOpenedAgain) {
  ASSERT_TRUE(opened()->write_note(0, "position", "fourth"));
  EXPECT_EQ(reread().value(), "fourth");
  flip_bit(path_, 2048 + 30);  // the place of even turns holds the third, that of odd ones the fourth, or the reverse
  const Bytes one = *reread().value();
  flip_bit(path_, 2048 + 30);
  flip_bit(path_, 30);
  const Bytes other = *reread().value();
  EXPECT_THAT((std::vector<Bytes>{one, other}), testing::UnorderedElementsAre("third", "fourth"));
}

TEST_F(Local, AScratchFolderIsEmptyOwnAndSweptAfterItsProcessDies) {
  const std::unique_ptr<Backend> backend = created();
  EXPECT_EQ(status_of(in_another_process([&] {
              std::ofstream(opened()->scratch_folder() + "/x") << "left by a live backend that closes";
              const std::unique_ptr<Backend> dying = opened();
              std::ofstream(dying->scratch_folder() + "/left") << "left over";
              if (fs::exists(dying->scratch_folder() + "/left")) ::_exit(0);  // nothing is swept on the way out
              return 1;
            })),
            0);
  EXPECT_FALSE(fs::is_empty(store_ + "/scratch"));
  const std::string mine = backend->scratch_folder();
  EXPECT_TRUE(fs::is_empty(mine));
  EXPECT_EQ(std::distance(fs::directory_iterator(store_ + "/scratch"), {}), 2) << "the folder and its lock";
  const std::unique_ptr<Backend> second = opened();
  EXPECT_NE(second->scratch_folder(), mine);
  EXPECT_TRUE(fs::exists(mine)) << "that of a living backend stays";
  EXPECT_EQ(backend->scratch_folder(), mine);
}

TEST_F(Local, SweepingTakesWhatTheDeadLeftAndNamesWhatTheLivingHave) {
  const std::unique_ptr<Backend> backend = created();
  EXPECT_THAT(backend->sweep_scratch().value(), testing::IsEmpty());
  EXPECT_FALSE(fs::exists(store_ + "/scratch"));
  EXPECT_EQ(status_of(in_another_process([&] {
              const std::unique_ptr<Backend> dying = opened();
              fs::create_directory(dying->scratch_folder() + "/below");
              std::ofstream(dying->scratch_folder() + "/below/left") << "left over";
              if (fs::exists(dying->scratch_folder() + "/below/left")) ::_exit(0);
              return 1;
            })),
            0);
  const std::unique_ptr<Backend> living = opened();
  const auto entries = [&] { return std::distance(fs::directory_iterator(store_ + "/scratch"), {}); };
  EXPECT_EQ(entries(), 2) << "opening the folder alone takes nothing away";
  EXPECT_THAT(backend->sweep_scratch().value(), testing::IsEmpty());
  EXPECT_EQ(entries(), 0);
  const std::string kept = living->scratch_folder() + "/kept";
  std::ofstream(kept) << "of the living";
  EXPECT_THAT(backend->sweep_scratch().value(), testing::Contains(kept));
  EXPECT_THAT(living->sweep_scratch().value(), testing::Contains(kept));
}

TEST_F(Local, AFolderThatCannotBeRestoredFromIsSaidSo) {
  const std::unique_ptr<Backend> backend = created();
  std::ofstream(folder_ / "file") << "x";
  EXPECT_FALSE(backend->restore(0, folder_ / "file"));
  EXPECT_EQ(backend->restore(0, folder_ / "absent").error().fault, Fault::not_found);
  fs::create_directory(folder_ / "empty");
  EXPECT_FALSE(fs::exists(store_ + "/shard-0000"));
}

}  // namespace
}  // namespace chartline::engine
