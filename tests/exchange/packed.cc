#include "tests/exchange/packed.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

namespace chartline::exchange {
namespace {

la_ssize_t append(archive*, void* out, const void* bytes, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

void add_filter(archive* to, Packing packing) {
  switch (packing) {
    case Packing::none: break;
    case Packing::gzip: archive_write_add_filter_gzip(to); break;
    case Packing::xz: archive_write_add_filter_xz(to); break;
    case Packing::zstd: archive_write_add_filter_zstd(to); break;
    case Packing::bzip2: archive_write_add_filter_bzip2(to); break;
  }
}

std::string written(const Members& members, Packing packing, int (*set_format)(archive*)) {
  std::string out;
  archive* to = archive_write_new();
  set_format(to);
  add_filter(to, packing);
  archive_write_set_bytes_in_last_block(to, 1);
  EXPECT_EQ(archive_write_open(to, &out, nullptr, append, nullptr), ARCHIVE_OK);
  for (const auto& [path, bytes] : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, path.c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
    EXPECT_EQ(archive_write_header(to, entry), ARCHIVE_OK);
    EXPECT_EQ(archive_write_data(to, bytes.data(), bytes.size()), static_cast<la_ssize_t>(bytes.size()));
    archive_entry_free(entry);
  }
  EXPECT_EQ(archive_write_close(to), ARCHIVE_OK);
  archive_write_free(to);
  return out;
}

}  // namespace

std::string pack(const std::string& bytes, Packing packing) {
  return packing == Packing::none ? bytes : written({{"data", bytes}}, packing, archive_write_set_format_raw);
}
std::string tar(const Members& members) {
  return written(members, Packing::none, archive_write_set_format_pax_restricted);
}
std::string zip(const Members& members) { return written(members, Packing::none, archive_write_set_format_zip); }

}  // namespace chartline::exchange
