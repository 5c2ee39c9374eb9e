#include "server/private_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "tests/server_gate/made_keys.h"

namespace chartline::server {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

TEST(PrivateFile, IsReadOnlyWhereItIsItsOwnersAlone) {
  const ScratchFolder folder;
  EXPECT_EQ(*read_private(folder.write("ours", "secret", 0600)), "secret");
  EXPECT_EQ(*read_private(folder.write("read-only", "secret", 0400)), "secret");
  for (const int mode : {0640, 0604, 0620, 0601, 0660, 0644}) {
    const auto read = read_private(folder.write("open", "secret", mode));
    ASSERT_FALSE(read) << std::oct << mode;
    EXPECT_EQ(read.error().fault, Fault::denied);
    EXPECT_THAT(read.error().message, HasSubstr("others than its owner"));
  }
  EXPECT_EQ(*read_public(folder.write("open", "known to all", 0644)), "known to all");
}

TEST(PrivateFile, SaysWhatIsNoFile) {
  const ScratchFolder folder;
  EXPECT_EQ(read_private(folder / "nowhere").error().fault, Fault::not_found);
  fs::create_directory(folder / "folder");
  fs::permissions(folder / "folder", fs::perms(0700));
  EXPECT_EQ(read_private(folder / "folder").error().fault, Fault::invalid_request);
}

TEST(PrivateFile, IsReplacedInOneStepWithItsRights) {
  const ScratchFolder folder;
  const std::string path = folder / "users";
  ASSERT_TRUE(write_private(path, "first"));
  EXPECT_EQ(fs::status(path).permissions(), fs::perms(0600));
  ASSERT_TRUE(write_private(path, "second"));
  EXPECT_EQ(*read_private(path), "second");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / ""), {}), 1) << "nothing is left beside it";
  EXPECT_EQ(write_private(folder / "no/such/folder", "x").error().fault, Fault::not_found);
}

TEST(PrivateFile, IsReplacedBehindASymbolicLink) {
  const ScratchFolder folder;
  const std::string target = folder.write("target", "first");
  fs::create_symlink(target, folder / "link");
  ASSERT_TRUE(write_private(folder / "link", "second"));
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(*read_private(target), "second");
}

TEST(FolderLock, LetsNobodyLoseAChange) {
  const ScratchFolder folder;
  const std::string path = folder.write("count", "");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 25; ++i) {
        const auto lock = FolderLock::take(path);
        ASSERT_TRUE(lock);
        ASSERT_TRUE(write_private(path, *read_private(path) + "x"));
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(read_private(path)->size(), 100U);
}

}  // namespace
}  // namespace chartline::server
