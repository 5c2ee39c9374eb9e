// The local users file, and passwords.
#include "server/users.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <latch>
#include <thread>

#include "server/private_file.h"
#include "tests/server_gate/made_keys.h"

namespace chartline::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr Micros noon = 1'800'000'000'000'000;
const std::string password = "correct horse battery";

UserTable made_users() {
  static const std::string hash = *hash_password(password, HashCost::interactive);
  return {{"mary", {{"clinician", "auditor"}, "RYJ", {"ward 7"}, "", hash}},
          {"ada", {{"patient"}, "", {}, "nhs|9434765919", hash}},
          {"robot", {{"source system"}, "RYJ", {}, "", ""}}};
}

TEST(Users, GetInWithTheirPassword) {
  const Users users(made_users());
  const auto claims = users.verify("mary", password, noon, 1000);
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->user, "mary");
  EXPECT_THAT(claims->roles, ElementsAre("clinician", "auditor"));
  EXPECT_EQ(claims->organisation, "RYJ");
  EXPECT_THAT(claims->teams, ElementsAre("ward 7"));
  EXPECT_EQ(claims->expires, noon + 1000);
  EXPECT_EQ(users.verify("ada", password, noon, 1000)->patient, "nhs|9434765919");
}

TEST(Users, HearTheSameWhateverIsWrong) {
  const Users users(made_users());
  for (const auto& [name, word] : {std::pair<std::string, std::string>{"mary", "wrong horse battery"},
                                   {"mary", ""},
                                   {"mary", password + " "},
                                   {"mary", std::string(password + '\0')},
                                   {"mary", std::string(1 << 20, 'x')},
                                   {"nobody", password},
                                   {"", ""},
                                   {"Mary", password},
                                   {"robot", password},
                                   {"robot", ""}}) {
    const auto claims = users.verify(name, word, noon, 1000);
    ASSERT_FALSE(claims) << name;
    EXPECT_EQ(claims.error().fault, Fault::denied);
    EXPECT_EQ(claims.error().message, "denied");
  }
}

double thread_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// Work of this thread, not time on the wall: the least of several. What else the machine does stays out.
double work_ms(const Users& users, std::string_view name, std::string_view word) {
  double least = 1e9;
  for (int i = 0; i < 5; ++i) {
    const double start = thread_ms();
    EXPECT_FALSE(users.verify(name, word, noon, 1000));
    least = std::min(least, thread_ms() - start);
  }
  return least;
}

TEST(Users, TimeTellsNotWhoIsThere) {
  const Users users(made_users());
  const double wrong = work_ms(users, "mary", "wrong horse battery"), unknown = work_ms(users, "nobody", password);
  const double without = work_ms(users, "robot", password);
  EXPECT_LT(std::max({wrong, unknown, without}), 1.5 * std::min({wrong, unknown, without}))
      << wrong << " ms, " << unknown << " ms, " << without << " ms";
}

TEST(Users, FewWaitTheOthersAreBusy) {
  const Users users(made_users());
  std::atomic<int> in = 0, busy = 0, other = 0;
  std::vector<std::thread> threads;
  std::latch all(40);
  for (int i = 0; i < 40; ++i)
    threads.emplace_back([&] {
      all.arrive_and_wait();
      const auto claims = users.verify("mary", password, noon, 1000);
      ++(claims ? in : claims.error().fault == Fault::busy ? busy : other);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(in, 1);
  EXPECT_GE(busy, 1) << "forty at once are more than may wait";
  EXPECT_EQ(other, 0);
  EXPECT_EQ(in + busy, 40);
}

TEST(Passwords, AreHashedDearlyAndNeverTwiceTheSame) {
  const std::string first = *hash_password(password), again = *hash_password(password);
  EXPECT_THAT(first, StartsWith("$argon2id$v=19$m=262144,t=3,p=1$"));
  EXPECT_NE(first, again);
  EXPECT_EQ(hash_password("short").error().fault, Fault::invalid_request);
  EXPECT_EQ(hash_password(std::string(2000, 'x')).error().fault, Fault::invalid_request);
}

TEST(UsersFile, IsReadAsItWasWritten) {
  const ScratchFolder folder;
  const std::string path = folder / "users.toml";
  ASSERT_TRUE(write_users(path, made_users()));
  const auto read = read_users(path);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 3U);
  EXPECT_EQ(read->at("mary").hash, made_users().at("mary").hash);
  EXPECT_THAT(read->at("mary").roles, ElementsAre("clinician", "auditor"));
  EXPECT_EQ(read->at("ada").patient, "nhs|9434765919");
  EXPECT_EQ(read->at("robot").hash, "");
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600));
  EXPECT_TRUE(Users::open(path)->verify("ada", password, noon, 1));
}

TEST(UsersFile, MayBeEmpty) {
  const ScratchFolder folder;
  ASSERT_TRUE(write_users(folder / "users.toml", {}));
  EXPECT_TRUE(read_users(folder / "users.toml")->empty());
}

TEST(UsersFile, SaysWhatIsWrongWithItsLine) {
  const ScratchFolder folder;
  const auto said = [&](std::string_view text) {
    const auto read = read_users(folder.write("users.toml", text));
    return read ? std::string("read") : read.error().message.substr(read.error().message.find("line"));
  };
  EXPECT_THAT(said("[users.mary\n"), HasSubstr("line 1: this is not TOML"));
  EXPECT_THAT(said("a = 1\n"), HasSubstr("line 1: the file holds [users.NAME] alone"));
  EXPECT_THAT(said("users = 1\n"), HasSubstr("line 1: the file holds"));
  EXPECT_THAT(said("[users]\nmary = 1\n"), HasSubstr("line 2: a user is a table"));
  EXPECT_THAT(said("[users.'ma ry']\n"), HasSubstr("line 1: a user is a table"));
  EXPECT_THAT(said("[users.mary]\nrole = ['clinician']\n"), HasSubstr("line 2: a user has roles"));
  EXPECT_THAT(said("[users.mary]\nroles = 'clinician'\n"), HasSubstr("line 2: here stands a list"));
  EXPECT_THAT(said("[users.mary]\nroles = [1]\n"), HasSubstr("line 2: here stands a short text"));
  EXPECT_THAT(said("[users.mary]\n\nhash = 'password'\n"), HasSubstr("line 3: this is no Argon2id hash"));
  EXPECT_THAT(said("[users.mary]\n[users.mary]\n"), HasSubstr("line 2: this is not TOML"));
  EXPECT_EQ(read_users(folder.write("users.toml", "", 0640)).error().fault, Fault::denied);
}

TEST(UsersFile, NamesAreSimple) {
  for (const char* good : {"mary", "m.smith@ryj.example", "A-1_b"}) EXPECT_TRUE(is_user_name(good)) << good;
  for (const char* bad : {"", "ma ry", "mary\n", "mary/..", "\xc3\xa4", "a\"b"}) EXPECT_FALSE(is_user_name(bad)) << bad;
  EXPECT_FALSE(is_user_name(std::string(65, 'a')));
}

}  // namespace
}  // namespace chartline::server
