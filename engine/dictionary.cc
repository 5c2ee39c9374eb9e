#include "engine/dictionary.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "base/same_text.h"

namespace chartline::engine {
namespace {

using Which = stored::Dictionary;

constexpr std::uint8_t page_version = 1;

bool nameless(const record::Source& source) { return source.organisation.empty() && source.system.empty(); }

// Seeding the second hash with the first keeps ("ab", "c") and ("a", "bc") apart.
std::uint64_t hash_of(std::string_view first, std::string_view second) { return keyed_hash64(second, hash64(first)); }

std::string_view word(Which which) {
  switch (which) {
    case Which::code: return "codes";
    case Which::unit: return "units";
    case Which::source: return "sources";
    case Which::attribute: return "attributes";
  }
  return "names";
}

struct Entry {
  std::string_view first, second;
  std::uint64_t hash = 0;
  std::atomic<const std::string_view*> third{nullptr};  // set once, at first or later

  std::string_view third_text() const {
    const std::string_view* text = third.load(std::memory_order_acquire);
    return text ? *text : std::string_view();
  }
};

// Entries by number from 1, in chunks that double in size and never move, so that a reader needs no lock: the number
// reached it after the entry was written.
class Entries {
 public:
  ~Entries() {
    for (auto& chunk : chunks_) delete[] chunk.load(std::memory_order_relaxed);
  }
  Entry& operator[](Name number) const {
    const Place place = place_of(number);
    return chunks_[place.chunk].load(std::memory_order_acquire)[place.offset];
  }
  // Under the table's lock: makes room for this number. Returns the bytes that it took.
  std::size_t reach(Name number) {
    const Place place = place_of(number);
    if (chunks_[place.chunk].load(std::memory_order_relaxed)) return 0;
    const std::size_t count = first_chunk << place.chunk;
    chunks_[place.chunk].store(new Entry[count], std::memory_order_release);
    return count * sizeof(Entry);
  }

 private:
  static constexpr std::size_t first_chunk = 256;
  struct Place {
    std::size_t chunk, offset;
  };
  static Place place_of(Name number) {
    const std::uint64_t shifted = std::uint64_t{number} - 1 + first_chunk;
    const auto chunk =
        static_cast<std::size_t>(std::bit_width(shifted)) - static_cast<std::size_t>(std::bit_width(first_chunk));
    return {.chunk = chunk, .offset = static_cast<std::size_t>(shifted - (first_chunk << chunk))};
  }
  std::array<std::atomic<Entry*>, 25> chunks_{};
};

// Open addressing from hashes to numbers, at most half full. A slot holds the upper half of the hash and the number, and
// is written once; readers probe without a lock.
class Index {
 public:
  explicit Index(std::size_t slots) : mask_(slots - 1), slots_(new std::atomic<std::uint64_t>[slots]()) {}

  template <typename Same>
  Name find(std::uint64_t hash, const Same& same) const {
    for (std::size_t at = hash & mask_;; at = (at + 1) & mask_) {
      const std::uint64_t slot = slots_[at].load(std::memory_order_acquire);
      if (slot == 0) return 0;
      if ((slot ^ hash) >> 32 == 0 && same(static_cast<Name>(slot))) return static_cast<Name>(slot);
    }
  }
  void insert(std::uint64_t hash, Name number) {
    std::size_t at = hash & mask_;
    while (slots_[at].load(std::memory_order_relaxed) != 0) at = (at + 1) & mask_;
    slots_[at].store((hash >> 32) << 32 | number, std::memory_order_release);
  }
  std::size_t slots() const { return mask_ + 1; }

 private:
  std::size_t mask_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> slots_;
};

}  // namespace

class Dictionary::Table {
 public:
  explicit Table(Which which) : which_(which) { grow_index(512); }

  std::optional<Name> find(std::string_view first, std::string_view second) const {
    const Name number = find(first, second, hash_of(first, second));
    return number == 0 ? std::nullopt : std::optional(number);
  }
  Name find(std::string_view first, std::string_view second, std::uint64_t hash) const {
    return index_.load(std::memory_order_acquire)->find(hash, [&](Name number) {
      const Entry& found = entry(number);
      return same_text(found.second, second) && same_text(found.first, first);
    });
  }

  Name intern(std::string_view first, std::string_view second, std::string_view third) {
    const std::uint64_t hash = hash_of(first, second);
    const Name known = find(first, second, hash);
    if (known != 0 && (third.empty() || entry(known).third.load(std::memory_order_relaxed))) return known;
    const std::lock_guard lock(mutex_);
    Name number = find(first, second, hash);
    if (number == 0) {
      number = add(first, second, third, hash, Origin::new_here);
    } else {
      add_display(number, third, Origin::new_here);
    }
    return number;
  }

  Result<void> learn(const stored::NewName& name) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t hash = hash_of(name.first, name.second);
    const Name known = find(name.first, name.second, hash);
    const bool nameless = name.first.empty() && name.second.empty();
    if (nameless || (known == 0 ? name.number != size() + 1 || name.number == 0 : known != name.number)) {
      return corrupt("dictionary of " + std::string(word(which_)) + ": number " + std::to_string(name.number) +
                     " does not name what it named, or does not follow number " + std::to_string(size()));
    }
    if (known == 0) {
      add(name.first, name.second, name.third, hash, Origin::logged);
    } else {
      add_display(known, name.third, Origin::logged);
    }
    return {};
  }

  void take_pending(std::vector<Bytes>& encoded) {
    const std::lock_guard lock(mutex_);
    for (const stored::NewName& name : pending_) {
      stored::encode(stored::Change(name), encoded.emplace_back());
    }
    pending_.clear();
  }

  std::vector<std::uint32_t> take_late_pages(std::uint32_t size) {
    const std::lock_guard lock(mutex_);
    const auto past = late_pages_.lower_bound((size + page_names - 1) / page_names);
    const std::vector<std::uint32_t> pages(late_pages_.begin(), past);
    late_pages_.erase(late_pages_.begin(), past);
    return pages;
  }

  std::vector<std::string_view> systems() const {
    const std::lock_guard lock(mutex_);
    return {systems_.begin(), systems_.end()};
  }

  const Entry& entry(Name number) const {
    check(number != 0 && number <= size(), "a number that no name was given");
    return entries_[number];
  }
  std::uint32_t size() const { return size_.load(std::memory_order_acquire); }
  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  enum class Origin { new_here, logged };

  Name add(std::string_view first, std::string_view second, std::string_view third, std::uint64_t hash, Origin origin) {
    const Name number = size() + 1;
    check(number != 0, "more names than there are numbers");
    bytes_ += entries_.reach(number);
    Entry& entry = entries_[number];
    entry.first = which_ == Which::code ? system_text(first) : own_text(first);
    entry.second = own_text(second);
    entry.hash = hash;
    set_display(entry, third);
    // Pending before it can be found: whoever finds the name can rely on its being drained before what uses it.
    if (origin == Origin::new_here) pending_.push_back(new_name(number));
    size_.store(number, std::memory_order_release);
    if (std::size_t{number} * 2 > index_.load(std::memory_order_relaxed)->slots()) {
      grow_index(std::size_t{number} * 4);
    } else {
      index_.load(std::memory_order_relaxed)->insert(hash, number);
    }
    return number;
  }

  void add_display(Name number, std::string_view third, Origin origin) {
    Entry& entry = entries_[number];
    if (third.empty() || entry.third.load(std::memory_order_relaxed)) return;
    set_display(entry, third);
    late_pages_.insert((number - 1) / page_names);
    if (origin == Origin::new_here) pending_.push_back(new_name(number));
  }

  void set_display(Entry& entry, std::string_view third) {
    if (third.empty()) return;
    const std::string_view text = own_text(third);
    entry.third.store(text_.array(std::span(&text, 1)).data(), std::memory_order_release);
    bytes_ += sizeof text;
  }

  std::string_view own_text(std::string_view text) {
    bytes_ += text.size();
    return text_.text(text);
  }
  // Few systems have many codes.
  std::string_view system_text(std::string_view system) {
    const auto known = systems_.find(system);
    return known != systems_.end() ? *known : *systems_.insert(own_text(system)).first;
  }

  stored::NewName new_name(Name number) {
    const Entry& entry = entries_[number];
    return {
        .dictionary = which_, .number = number, .first = entry.first, .second = entry.second, .third = entry.third_text()};
  }

  // Readers may still probe the old index, so it is kept; each is at most half of the next.
  void grow_index(std::size_t slots_min) {
    auto index = std::make_unique<Index>(std::bit_ceil(slots_min));
    for (Name number = 1; number <= size(); ++number) index->insert(entries_[number].hash, number);
    bytes_ += index->slots() * sizeof(std::uint64_t);
    index_.store(index.get(), std::memory_order_release);
    indexes_.push_back(std::move(index));
  }

  const Which which_;
  mutable std::mutex mutex_;  // of everything that writes
  Entries entries_;
  std::atomic<std::uint32_t> size_{0};
  std::atomic<Index*> index_{nullptr};
  std::vector<std::unique_ptr<Index>> indexes_;
  std::vector<stored::NewName> pending_;
  std::set<std::uint32_t> late_pages_;
  std::set<std::string_view> systems_;  // of codes
  record::Arena text_;
  std::atomic<std::uint64_t> bytes_{0};
};

Dictionary::Dictionary() {
  for (int i = 0; i < stored::dictionary_count; ++i) {
    tables_[static_cast<std::size_t>(i)] = std::make_unique<Table>(static_cast<Which>(i));
  }
}
Dictionary::~Dictionary() = default;

Name Dictionary::intern(const record::Code& name) {
  return name.empty() ? 0 : table(Which::code).intern(name.system, name.code, name.display);
}
Name Dictionary::intern(const record::Source& name) {
  return nameless(name) ? 0 : table(Which::source).intern(name.organisation, name.system, {});
}
Name Dictionary::intern_unit(std::string_view name) {
  return name.empty() ? 0 : table(Which::unit).intern(name, {}, {});
}
Name Dictionary::intern_attribute(std::string_view name) {
  return name.empty() ? 0 : table(Which::attribute).intern(name, {}, {});
}

std::optional<Name> Dictionary::find(const record::Code& name) const {
  return name.empty() ? std::nullopt : table(Which::code).find(name.system, name.code);
}
std::optional<Name> Dictionary::find(const record::Source& name) const {
  return nameless(name) ? std::nullopt : table(Which::source).find(name.organisation, name.system);
}
std::optional<Name> Dictionary::find_attribute(std::string_view name) const {
  return name.empty() ? std::nullopt : table(Which::attribute).find(name, {});
}

record::Code Dictionary::code(Name number) const {
  if (number == 0) return {};
  const Entry& entry = table(Which::code).entry(number);
  return {.system = entry.first, .code = entry.second, .display = entry.third_text()};
}
std::vector<std::string_view> Dictionary::code_systems() const { return table(Which::code).systems(); }
record::Source Dictionary::source(Name number) const {
  if (number == 0) return {};
  const Entry& entry = table(Which::source).entry(number);
  return {.organisation = entry.first, .system = entry.second};
}
std::string_view Dictionary::unit(Name number) const {
  return number == 0 ? "" : table(Which::unit).entry(number).first;
}
std::string_view Dictionary::attribute(Name number) const {
  return number == 0 ? "" : table(Which::attribute).entry(number).first;
}

std::uint64_t Dictionary::text_hash(Which which, Name number) const {
  return number == 0 ? 0 : table(which).entry(number).hash;
}

std::uint32_t Dictionary::size(Which which) const { return table(which).size(); }

std::uint64_t Dictionary::bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& table : tables_) bytes += table->bytes();
  return bytes;
}

void Dictionary::take_pending(std::vector<Bytes>& encoded) {
  for (const auto& table : tables_) table->take_pending(encoded);
}

std::vector<std::uint32_t> Dictionary::take_late_pages(Which which, std::uint32_t size) {
  return table(which).take_late_pages(size);
}

Result<void> Dictionary::learn(const stored::NewName& name) { return table(name.dictionary).learn(name); }

// page := version:u8 count:varint {first:text second:text third:text}* checksum:u64le
Bytes Dictionary::encode_page(Which which, std::uint32_t page, std::uint32_t size) const {
  const std::uint64_t before = std::uint64_t{page} * page_names;
  check(before < size && size <= this->size(which), "a page of names that were not given");
  const std::uint64_t count = std::min<std::uint64_t>(page_names, size - before);
  Bytes bytes;
  Writer out(bytes);
  out.u8(page_version);
  out.varint(count);
  for (std::uint64_t i = 1; i <= count; ++i) {
    const Entry& entry = table(which).entry(static_cast<Name>(before + i));
    out.text(entry.first);
    out.text(entry.second);
    out.text(entry.third_text());
  }
  out.u64(hash64(bytes));
  return bytes;
}

Result<void> Dictionary::load_page(Which which, std::uint32_t page, BytesView bytes) {
  const std::string place = "dictionary of " + std::string(word(which)) + ", page " + std::to_string(page) + ": ";
  constexpr std::size_t checksum_bytes = sizeof(std::uint64_t);
  if (bytes.size() < checksum_bytes) return corrupt(place + "too short");
  const BytesView body = bytes.substr(0, bytes.size() - checksum_bytes);
  if (Reader(bytes.substr(body.size())).u64() != hash64(body)) return corrupt(place + "checksum differs");
  Reader in(body);
  if (in.u8() != page_version) return unsupported(place + "written by a newer version");
  const std::uint64_t count = in.varint();
  if (count > page_names) return corrupt(place + "more names than a page holds");
  for (std::uint64_t i = 1; i <= count; ++i) {
    const std::string_view first = in.text();
    const std::string_view second = in.text();
    const std::string_view third = in.text();
    if (!in.ok()) return corrupt(place + "a name is cut short");
    TRY(learn({.dictionary = which,
               .number = static_cast<Name>(std::uint64_t{page} * page_names + i),
               .first = first,
               .second = second,
               .third = third}));
  }
  if (!in.done()) return corrupt(place + "bytes after the last name");
  return {};
}

}  // namespace chartline::engine
