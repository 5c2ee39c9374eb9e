#include "formats/exchange/input.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "tests/exchange/packed.h"
#include "tests/exchange/scratch_file.h"

namespace chartline::exchange {
namespace {

struct Read {
  std::vector<std::pair<std::string, std::string>> inputs;  // name without the folder, bytes
  std::string error;
};

Read read_all(const std::vector<std::string>& paths, const std::string& folder) {
  Read read;
  const auto shortened = [&](std::string text) {
    for (auto at = text.find(folder + "/"); at != std::string::npos; at = text.find(folder + "/"))
      text.erase(at, folder.size() + 1);
    return text;
  };
  auto inputs = Inputs::open(paths);
  if (!inputs) return {{}, shortened(inputs.error().message)};
  for (;;) {
    auto input = inputs->next();
    if (!input) return read.error = shortened(input.error().message), read;
    if (*input == nullptr) {
      EXPECT_EQ(inputs->consumed_bytes(), inputs->total_bytes());
      return read;
    }
    const auto bytes = (*input)->whole();
    if (!bytes) return read.error = shortened(bytes.error().message), read;
    read.inputs.emplace_back(shortened((*input)->name()), std::string(*bytes));
  }
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

const std::string long_text = [] {
  std::string text;
  for (std::uint64_t i = 0; i < 400'000; ++i) text += std::to_string(i * 7919 % 100'003) + "\n";
  return text;
}();

TEST(Input, ReadsAPlainFileInChunks) {
  const ScratchFile file("a.csv", long_text);
  auto inputs = Inputs::open(std::span(&file.path(), 1));
  ASSERT_TRUE(inputs);
  auto input = inputs->next();
  ASSERT_TRUE(input && *input);
  EXPECT_EQ((*input)->name(), file.path());
  EXPECT_EQ((*input)->plain_bytes(), long_text.size());
  std::string all;
  for (;;) {
    const auto chunk = (*input)->next();
    ASSERT_TRUE(chunk);
    if (chunk->empty()) break;
    all += *chunk;
  }
  EXPECT_EQ(all, long_text);
  std::string some(10, ' ');
  EXPECT_EQ((*input)->read_at(5, some).value_or(0), 10u);
  EXPECT_EQ(some, long_text.substr(5, 10));
  EXPECT_EQ((*input)->read_at(long_text.size() - 3, some).value_or(0), 3u);
}

TEST(Input, ReadsWhatIsCompressed) {
  const ScratchFolder folder;
  for (const Packing packing : {Packing::gzip, Packing::xz, Packing::zstd, Packing::bzip2}) {
    const auto path = folder.write("packed", pack(long_text, packing));
    const auto read = read_all({path}, folder.path());
    EXPECT_EQ(read.error, "");
    EXPECT_EQ(read.inputs, (Pairs{{"packed", long_text}})) << static_cast<int>(packing);
  }
}

TEST(Input, ReadsGzipMembersOneAfterAnother) {
  const ScratchFolder folder;
  const auto path =
      folder.write("a.gz", pack("one\n", Packing::gzip) + pack("", Packing::gzip) + pack("two\n", Packing::gzip));
  EXPECT_EQ(read_all({path}, folder.path()).inputs, (Pairs{{"a.gz", "one\ntwo\n"}}));
}

TEST(Input, ReadsACompressedNothing) {
  const ScratchFolder folder;
  for (const Packing packing : {Packing::gzip, Packing::xz, Packing::zstd, Packing::bzip2}) {
    const auto path = folder.write("nothing", pack("", packing));
    const auto read = read_all({path}, folder.path());
    EXPECT_EQ(read.error, "");
    EXPECT_EQ(read.inputs, (Pairs{{"nothing", ""}})) << static_cast<int>(packing);
  }
}

TEST(Input, ReadsTheMembersOfAnArchive) {
  const ScratchFolder folder;
  const Members members = {{"a.json", "1"}, {"dir/b.json", long_text}, {"dir/._b.json", "hidden"}, {"empty", ""}};
  for (const Packing packing : {Packing::none, Packing::gzip, Packing::xz, Packing::zstd}) {
    const auto path = folder.write("x.tar", pack(tar(members), packing));
    const auto read = read_all({path}, folder.path());
    EXPECT_EQ(read.error, "");
    EXPECT_EQ(read.inputs, (Pairs{{"x.tar:a.json", "1"}, {"x.tar:dir/b.json", long_text}, {"x.tar:empty", ""}}));
  }
  const auto path = folder.write("x.zip", zip(members));
  EXPECT_EQ(read_all({path}, folder.path()).inputs,
            (Pairs{{"x.zip:a.json", "1"}, {"x.zip:dir/b.json", long_text}, {"x.zip:empty", ""}}));
}

TEST(Input, ReadsArchivesWithinArchives) {
  const ScratchFolder folder;
  const std::string inner = pack(tar({{"c.csv", "x"}}), Packing::zstd);
  const auto path = folder.write(
      "x.tar.xz", pack(tar({{"a.csv.gz", pack("y", Packing::gzip)}, {"in.tar", inner}, {"z", "z"}}), Packing::xz));
  EXPECT_EQ(read_all({path}, folder.path()).inputs,
            (Pairs{{"x.tar.xz:a.csv.gz", "y"}, {"x.tar.xz:in.tar:c.csv", "x"}, {"x.tar.xz:z", "z"}}));
}

TEST(Input, RefusesArchivesThatAreNestedTooDeep) {
  const ScratchFolder folder;
  std::string bytes = "x";
  for (int i = 0; i < 6; ++i) bytes = tar({{"a", bytes}});
  const auto read = read_all({folder.write("deep.tar", bytes)}, folder.path());
  EXPECT_EQ(read.inputs, Pairs{});
  EXPECT_EQ(read.error, "deep.tar:a:a:a:a: archives are nested more than 3 deep");
}

TEST(Input, SkipsWhatWasNotRead) {
  const ScratchFolder folder;
  const std::vector<std::string> paths = {folder.write("x.tar", tar({{"a", long_text}, {"b", "2"}})),
                                          folder.write("c", "3")};
  auto inputs = Inputs::open(paths);
  ASSERT_TRUE(inputs);
  std::vector<std::string> names;
  for (auto input = inputs->next(); input && *input; input = inputs->next())
    names.push_back((*input)->name().substr(folder.path().size() + 1));
  EXPECT_EQ(names, (std::vector<std::string>{"x.tar:a", "x.tar:b", "c"}));
}

TEST(Input, ReadsStandardInputWhateverItIs) {
  const ScratchFile file("a.gz", pack(long_text, Packing::gzip));
  const int before = dup(STDIN_FILENO);
  ASSERT_NE(std::freopen(file.path().c_str(), "rb", stdin), nullptr);
  const std::vector<std::string> paths = {"-"};
  auto inputs = Inputs::open(paths);
  ASSERT_TRUE(inputs);
  EXPECT_EQ(inputs->total_bytes(), 0u);
  auto input = inputs->next();
  ASSERT_TRUE(input && *input);
  EXPECT_EQ((*input)->name(), "-");
  EXPECT_EQ((*input)->plain_bytes(), std::nullopt);
  const auto bytes = (*input)->whole();
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, long_text);
  EXPECT_EQ(inputs->consumed_bytes(), std::filesystem::file_size(file.path()));
  dup2(before, STDIN_FILENO);
  close(before);
}

TEST(Input, WalksFoldersInOrder) {
  const ScratchFolder folder;
  folder.write("in/b.csv", "b");
  folder.write("in/a/z.csv", "z");
  folder.write("in/.hidden/x.csv", "x");
  folder.write("in/.x.csv", "x");
  folder.write("in/c.csv", "c");
  EXPECT_EQ(read_all({folder.path() + "/in"}, folder.path()).inputs,
            (Pairs{{"in/a/z.csv", "z"}, {"in/b.csv", "b"}, {"in/c.csv", "c"}}));
}

TEST(Input, SaysWhatIsNotThere) {
  const ScratchFolder folder;
  EXPECT_EQ(read_all({folder.path() + "/no.csv"}, folder.path()).error, "no.csv: no such file or folder");
}

// A compressed stream that is cut anywhere, or has a bit flipped, gives an error with its name; or, where the flip hits nothing
// that matters (a time stamp in a header), the whole text. The zstd written here has no checksum, so only cuts show.
TEST(Input, ReportsWhatIsDamaged) {
  const ScratchFolder folder;
  const std::string text = long_text.substr(0, 3000);
  const std::string damaged = "bad: the compressed data or archive is damaged or ends early";
  for (const Packing packing : {Packing::gzip, Packing::xz, Packing::zstd, Packing::bzip2}) {
    const std::string packed = pack(text, packing);
    for (std::size_t cut = 6; cut < packed.size(); cut += 23) {
      const auto read = read_all({folder.write("bad", packed.substr(0, cut))}, folder.path());
      EXPECT_EQ(read.error, damaged) << static_cast<int>(packing) << " cut at " << cut;
    }
    for (std::size_t at = 6; at < packed.size() && packing != Packing::zstd; at += 23) {
      std::string flipped = packed;
      flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
      const auto read = read_all({folder.write("bad", flipped)}, folder.path());
      if (read.error.empty()) {
        EXPECT_EQ(read.inputs, (Pairs{{"bad", text}})) << static_cast<int>(packing) << " flipped at " << at;
      } else {
        EXPECT_EQ(read.error, damaged);
      }
    }
  }
}

TEST(Input, ReportsATruncatedArchive) {
  const ScratchFolder folder;
  const std::string packed = pack(tar({{"a", "1"}, {"b", long_text}}), Packing::gzip);
  const auto read = read_all({folder.write("bad.tgz", packed.substr(0, packed.size() / 2))}, folder.path());
  EXPECT_EQ(read.error, "bad.tgz: the compressed data or archive is damaged or ends early");
  EXPECT_EQ(read.inputs, (Pairs{{"bad.tgz:a", "1"}}));
  const std::string plain = tar({{"b", long_text}});
  EXPECT_EQ(read_all({folder.write("bad.tar", plain.substr(0, 5000))}, folder.path()).error,
            "bad.tar:b: the compressed data or archive is damaged or ends early");
}

TEST(Input, RefusesADocumentOverTheLimit) {
  const ScratchFolder folder;
  // 64 MiB of zeros are 64 kB of gzip: the limit stops it, and no more than the limit is held.
  const std::vector<std::string> paths = {
      folder.write("bomb", pack(std::string(std::size_t{64} << 20, '\0'), Packing::gzip)),
      folder.write("plain", "12345")};
  auto inputs = Inputs::open(paths);
  ASSERT_TRUE(inputs);
  for (const char* name : {"bomb", "plain"}) {
    auto input = inputs->next();
    ASSERT_TRUE(input && *input);
    const auto whole = (*input)->whole(4);
    ASSERT_FALSE(whole);
    EXPECT_EQ(whole.error().fault, Fault::invalid_request);
    EXPECT_EQ(whole.error().message,
              folder.path() + "/" + name + ": the document is larger than 4 bytes; split it, or send it as NDJSON");
  }
}

TEST(Input, PadsAWholeDocument) {
  MemoryInput input("a", "{}");
  const auto whole = input.whole(2);
  ASSERT_TRUE(whole);
  EXPECT_EQ(*whole, "{}");
  for (int i = 2; i < 66; ++i) EXPECT_EQ(whole->data()[i], '\0');
}

}  // namespace
}  // namespace chartline::exchange
