// WaitingPostings: the postings of a range of patients by code, in the order in which they came, until they are packed. Millions wait, so each takes 32
// bytes: source, unit and whatever else many have in common is their sort. They lie in pieces of a PostingRoom, which a thread of a bulk load takes
// along from range to range: a piece stays where it is, and is used again once its code is packed.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "formats/stored/narrow_posting.h"

namespace chartline::engine {

class PostingRoom {
 public:
  struct Posting {
    std::uint64_t value_word;
    stored::PatientId patient;
    stored::Day day;
    std::uint32_t second, number, end, sort;
  };
  static_assert(sizeof(Posting) == 32);

  // The first piece of a code is the least, the next one twice as long, up to the longest: most codes are rare.
  static constexpr std::size_t sizes = 5;
  static constexpr std::size_t postings_in(std::size_t piece) { return std::size_t{16} << std::min(piece, sizes - 1); }

  static constexpr std::size_t postings_before(std::size_t piece) {
    const std::size_t growing = std::min(piece, sizes);
    return postings_in(0) * ((std::size_t{1} << growing) - 1) + postings_in(sizes) * (piece - growing);
  }

  Posting* take(std::size_t piece) {
    std::vector<Posting*>& free = free_[std::min(piece, sizes - 1)];
    if (!free.empty()) {
      Posting* const again = free.back();
      free.pop_back();
      return again;
    }
    const std::size_t postings = postings_in(piece);
    if (left_ < postings)
      blocks_.push_back(std::make_unique_for_overwrite<Posting[]>(block_postings)), left_ = block_postings;
    left_ -= postings;
    return blocks_.back().get() + left_;
  }
  void give_back(std::size_t piece, Posting* postings) { free_[std::min(piece, sizes - 1)].push_back(postings); }

  std::size_t waiting = 0;  // postings, in all that use this room

 private:
  static constexpr std::size_t block_postings = 1u << 15;
  std::vector<std::unique_ptr<Posting[]>> blocks_;
  std::size_t left_ = 0;  // of the last block
  std::array<std::vector<Posting*>, sizes> free_;
};

class WaitingPostings {
 public:
  explicit WaitingPostings(PostingRoom& room) : room_(room) {}
  WaitingPostings(const WaitingPostings&) = delete;
  WaitingPostings& operator=(const WaitingPostings&) = delete;

  void add(stored::Name code, const stored::NarrowPosting& posting) {
    const Sort& sort = posting;
    Lately& lately = lately_[Hash{}(sort) % lately_.size()];
    if (lately.number == none || lately.sort != sort) lately = {sort, number(sort)};
    add(code, posting, lately.number);
  }
  // Of a plain row; its sort says that of the posting.
  void add_plain(stored::Name code, const stored::NarrowPosting& posting, std::uint32_t plain_sort) {
    if (plain_sort >= of_plain_.size()) of_plain_.resize(plain_sort + 1, none);
    if (of_plain_[plain_sort] == none) of_plain_[plain_sort] = number(posting);
    add(code, posting, of_plain_[plain_sort]);
  }
  // Thousands of codes grow side by side: where the next posting of one goes is seldom near.
  void foresee(stored::Name code) const {
    if (code < codes_.size()) __builtin_prefetch(codes_[code].at, 1);
  }

  std::size_t sorts() const { return sorts_.size(); }
  // Under which some wait, ascending.
  std::vector<stored::Name> names() const {
    std::vector<stored::Name> some;
    const auto add = [&](stored::Name past, stored::Name behind) {
      for (stored::Name name = behind; name < behind + past; ++name)
        if (count(name) > 0) some.push_back(name);
    };
    add(static_cast<stored::Name>(codes_.size()), 0);
    add(static_cast<stored::Name>(attributes_.size()), stored::attribute_postings);
    return some;
  }
  std::size_t count(stored::Name code) const {
    const OfCode* of = find(code);
    if (!of) return 0;
    return PostingRoom::postings_before(of->pieces.size()) - static_cast<std::size_t>(of->past - of->at);
  }
  template <typename Each>
  void each(stored::Name code, const Each& each) const {
    std::size_t left = count(code);
    for (std::size_t piece = 0; left > 0; ++piece) {
      const PostingRoom::Posting* const postings = find(code)->pieces[piece];
      const std::size_t here = std::min(left, PostingRoom::postings_in(piece));
      for (std::size_t i = 0; i < here; ++i) {
        const PostingRoom::Posting& p = postings[i];
        each(stored::NarrowPosting{sorts_[p.sort], p.patient, p.value_word, p.day, p.second, p.number, p.end});
      }
      left -= here;
    }
  }
  void clear(stored::Name code) {
    OfCode& of = make(code);
    room_.waiting -= count(code);
    for (std::size_t piece = 0; piece < of.pieces.size(); ++piece) room_.give_back(piece, of.pieces[piece]);
    of = {};
  }

 private:
  static constexpr std::uint32_t none = ~0u;
  using Sort = stored::PostingSort;
  struct Hash {
    std::size_t operator()(const Sort& sort) const {
      return hash64({reinterpret_cast<const char*>(&sort), sizeof sort});
    }
  };
  struct Lately {
    Sort sort{};
    std::uint32_t number = none;
  };
  struct OfCode {
    PostingRoom::Posting *at = nullptr, *past = nullptr;  // where the next one goes, and the end of that piece
    std::vector<PostingRoom::Posting*> pieces;
  };

  const OfCode* find(stored::Name code) const {
    const std::vector<OfCode>& all = stored::is_of_attribute(code) ? attributes_ : codes_;
    const std::size_t place = code & ~stored::attribute_postings;
    return place < all.size() ? &all[place] : nullptr;
  }
  OfCode& make(stored::Name code) {
    std::vector<OfCode>& all = stored::is_of_attribute(code) ? attributes_ : codes_;
    const std::size_t place = code & ~stored::attribute_postings;
    if (place >= all.size()) all.resize(place + 1);
    return all[place];
  }
  std::uint32_t number(const Sort& sort) {
    const auto [known, is_new] = numbers_.try_emplace(sort, static_cast<std::uint32_t>(sorts_.size()));
    if (is_new) sorts_.push_back(sort);
    return known->second;
  }
  void add(stored::Name code, const stored::NarrowPosting& posting, std::uint32_t sort) {
    OfCode& of = make(code);
    if (of.at == of.past) {
      of.at = room_.take(of.pieces.size());
      of.past = of.at + PostingRoom::postings_in(of.pieces.size());
      of.pieces.push_back(of.at);
    }
    *of.at++ = {posting.value_word, posting.patient, posting.day, posting.second, posting.number, posting.end, sort};
    ++room_.waiting;
  }

  PostingRoom& room_;
  std::vector<OfCode> codes_, attributes_;
  std::vector<Sort> sorts_;
  std::unordered_map<Sort, std::uint32_t, Hash> numbers_;  // of all sorts
  std::vector<std::uint32_t> of_plain_;                    // numbers of sorts by those of plain rows
  std::array<Lately, 64> lately_;
};

}  // namespace chartline::engine
