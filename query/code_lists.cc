#include "query/code_lists.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "engine/about_store.h"
#include "engine/meta_lock.h"

namespace chartline::query {
namespace {

constexpr std::string_view index_name = "code_lists";
constexpr std::uint8_t format = 1;

Error wrong_bytes() { return corrupt("meta: a code list is not what was written"); }

Bytes sealed(Bytes bytes) {
  const std::uint64_t sum = hash64(bytes);
  Writer(bytes).u64(sum);
  return bytes;
}

// What stands between the format and the checksum.
Result<BytesView> unsealed(BytesView bytes) {
  if (bytes.size() < 1 + sizeof(std::uint64_t)) return wrong_bytes();
  const BytesView body = bytes.substr(0, bytes.size() - sizeof(std::uint64_t));
  if (Reader(bytes.substr(body.size())).u64() != hash64(body)) return wrong_bytes();
  if (static_cast<std::uint8_t>(body.front()) > format)
    return unsupported("meta: a code list was written by a newer program");
  return body.substr(1);
}

Bytes encode(const std::vector<CodeList>& lists) {
  Bytes bytes(1, static_cast<char>(format));
  Writer w(bytes);
  for (const CodeList& list : lists) {
    w.text(list.name), w.varint(list.versions.size());
    for (const ListVersion& version : list.versions) {
      w.varint(version.number), w.varint(static_cast<std::uint64_t>(version.recorded)), w.varint(version.entries);
      w.varint(version.origin.rejected), w.varint(version.removed);
      w.text(version.origin.file), w.text(version.origin.hash);
    }
  }
  return sealed(std::move(bytes));
}

Result<std::vector<CodeList>> decode_lists(BytesView bytes) {
  Reader in(TRY(unsealed(bytes)));
  std::vector<CodeList> lists;
  while (in.ok() && in.left() > 0) {
    CodeList& list = lists.emplace_back();
    list.name = in.text();
    for (std::uint64_t n = in.varint(); in.ok() && n > 0; --n) {
      ListVersion& version = list.versions.emplace_back();
      version.number = static_cast<std::uint32_t>(in.varint());
      version.recorded = static_cast<Micros>(in.varint());
      version.entries = in.varint();
      version.origin.rejected = in.varint();
      version.removed = in.varint() != 0;
      version.origin.file = in.text();
      version.origin.hash = in.text();
    }
    if (list.versions.empty()) in.fail();
  }
  if (!in.done()) return wrong_bytes();
  return lists;
}

Bytes encode(const std::vector<ListEntry>& entries) {
  Bytes bytes(1, static_cast<char>(format));
  Writer w(bytes);
  for (const ListEntry& entry : entries) {
    w.text(entry.code.system), w.text(entry.code.code);
    w.u8(static_cast<std::uint8_t>(entry.reach)), w.u8(entry.excluded), w.text(entry.display);
  }
  return sealed(std::move(bytes));
}

Result<std::vector<ListEntry>> decode_entries(BytesView bytes) {
  Reader in(TRY(unsealed(bytes)));
  std::vector<ListEntry> entries;
  while (in.ok() && in.left() > 0) {
    ListEntry& entry = entries.emplace_back();
    entry.code.system = in.text(), entry.code.code = in.text();
    const std::uint8_t reach = in.u8();
    if (reach > static_cast<std::uint8_t>(Reach::self_and_descendants)) in.fail();
    entry.reach = static_cast<Reach>(reach);
    entry.excluded = in.u8() != 0;
    entry.display = in.text();
  }
  if (!in.done()) return wrong_bytes();
  return entries;
}

std::string entries_name(std::string_view name, std::uint32_t number) {
  return "code_list/" + std::string(name) + "/" + std::to_string(number);
}

// Sorted, each once; of several displays the first.
void put_in_order(std::vector<ListEntry>& entries) {
  const auto key = [](const ListEntry& e) { return std::tie(e.excluded, e.code, e.reach); };
  std::ranges::stable_sort(entries, {}, key);
  const auto same = [&](const ListEntry& a, const ListEntry& b) { return key(a) == key(b); };
  entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
}

Result<void> check_name(std::string_view name) {
  const auto odd = [](unsigned char c) { return c < ' ' || c == 0x7f; };
  if (name.empty() || name.size() > list_name_bytes_max || std::ranges::any_of(name, odd))
    return invalid_request("the name of a code list has 1 to 200 bytes, and no control characters");
  return {};
}

Result<void> check_utf8(std::string_view name, std::string_view hash, const std::vector<ListEntry>& entries) {
  const auto is_text = [](const ListEntry& entry) {
    return is_utf8(entry.code.system) && is_utf8(entry.code.code) && is_utf8(entry.display);
  };
  return is_utf8(name) && is_utf8(hash) && std::ranges::all_of(entries, is_text)
             ? Result<void>()
             : invalid_request("a code list holds bytes that are not UTF-8");
}

}  // namespace

const ListVersion* CodeList::at(Micros instant) const {
  const auto later = std::ranges::upper_bound(versions, instant, {}, &ListVersion::recorded);
  if (later == versions.begin() || std::prev(later)->removed) return nullptr;
  return &*std::prev(later);
}

Result<std::vector<CodeList>> CodeLists::all() const {
  const std::optional<Bytes> bytes = TRY(store_->meta(index_name));
  if (!bytes) return std::vector<CodeList>();
  return decode_lists(*bytes);
}

Result<std::optional<CodeList>> CodeLists::find(std::string_view name) const {
  for (CodeList& list : TRY(all()))
    if (list.name == name) return std::optional(std::move(list));
  return std::optional<CodeList>();
}

Result<std::vector<ListEntry>> CodeLists::entries(std::string_view name, std::uint32_t number) const {
  const std::optional<Bytes> bytes = TRY(store_->meta(entries_name(name, number)));
  if (!bytes) return not_found("there is no such version of this code list");
  return decode_entries(*bytes);
}

// The entries are there before the index names them: a crash in between leaves what the next version writes over.
Result<ListVersion> CodeLists::keep(std::string_view name, std::vector<ListEntry> entries, ListOrigin origin, Micros now) {
  TRY(check_name(name));
  TRY(check_utf8(name, origin.hash, entries));
  std::string file;
  append_utf8(file, std::exchange(origin.file, {}));
  origin.file = std::move(file);
  put_in_order(entries);
  const auto lock = engine::lock_meta(*store_);
  auto lists = TRY(all());
  const auto list = std::ranges::find(lists, name, &CodeList::name);
  std::uint32_t number = 1;
  if (list != lists.end()) {
    number = list->versions.back().number + 1;
    const ListVersion* present = list->now();
    if (present && present->origin.hash == origin.hash && TRY(this->entries(name, present->number)) == entries)
      return *present;
  }
  TRY(store_->set_meta(entries_name(name, number), encode(entries)));
  return add(std::move(lists), name, {number, now, false, entries.size(), std::move(origin)});
}

Result<ListVersion> CodeLists::remove(std::string_view name, Micros now) {
  const auto lock = engine::lock_meta(*store_);
  auto lists = TRY(all());
  const auto list = std::ranges::find(lists, name, &CodeList::name);
  if (list == lists.end() || !list->now()) return not_found("there is no code list " + print_list(name));
  const std::uint32_t number = list->versions.back().number + 1;
  return add(std::move(lists), name, {number, now, true, 0, {}});
}

Result<ListVersion> CodeLists::add(std::vector<CodeList> lists, std::string_view name, ListVersion version) {
  auto list = std::ranges::lower_bound(lists, name, {}, &CodeList::name);
  if (list == lists.end() || list->name != name) list = lists.insert(list, {std::string(name), {}});
  if (!list->versions.empty()) version.recorded = std::max(version.recorded, list->versions.back().recorded + 1);
  list->versions.push_back(version);
  TRY(store_->set_meta(index_name, encode(lists)));
  return version;
}

Result<std::vector<bool>> carried(const engine::View& view, std::span<const ListEntry> entries) {
  std::vector<record::Code> codes;
  for (const ListEntry& entry : entries) codes.push_back({.system = entry.code.system, .code = entry.code.code});
  return engine::knows_codes(view, codes);
}

}  // namespace chartline::query
