// Word tables: each closed list of the record has one constexpr table of its words, read in both directions. A missing,
// misplaced or repeated word does not compile.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/check.h"

namespace chartline::record {

template <typename T>
struct Word {
  T value;
  std::string_view text;
};

// A constexpr hash table from words to values: at least half empty, linear probing. The hash takes the length and the
// last eight bytes, because URIs differ at their end.
template <typename T, std::size_t word_count>
class WordMap {
 public:
  consteval explicit WordMap(const std::array<Word<T>, word_count>& words) {
    for (const Word<T>& word : words) {
      std::size_t slot = home(word.text);
      for (; slots_[slot].used; slot = (slot + 1) % slot_count) {
        if (slots_[slot].word.text == word.text) throw "the word is in the table twice";
      }
      slots_[slot] = {.word = word, .used = true};
    }
  }

  constexpr const T* find(std::string_view text) const {
    for (std::size_t slot = home(text); slots_[slot].used; slot = (slot + 1) % slot_count) {
      if (slots_[slot].word.text == text) return &slots_[slot].word.value;
    }
    return nullptr;
  }

 private:
  struct Slot {
    Word<T> word{};
    bool used = false;
  };

  static constexpr std::size_t power_of_two_above(std::size_t n) {
    std::size_t power = 1;
    while (power < n) power *= 2;
    return power;
  }
  static constexpr std::size_t slot_count = power_of_two_above(2 * word_count + 1);

  static constexpr std::size_t home(std::string_view text) {
    std::uint64_t tail = 0;
    if (text.size() >= 8) {
      const char* last = text.data() + text.size() - 8;
      for (unsigned i = 0; i < 8; ++i)
        tail |= static_cast<std::uint64_t>(static_cast<unsigned char>(last[i])) << (8 * i);
    } else {
      for (const char c : text) tail = tail << 8 | static_cast<unsigned char>(c);
    }
    const std::uint64_t mixed = (tail ^ text.size() * 0x9E3779B97F4A7C15u) * 0xD6E8FEB86659FD93u;
    return static_cast<std::size_t>(mixed >> 32) % slot_count;
  }

  std::array<Slot, slot_count> slots_{};
};

// The words of an enum whose numbers run from 0 without gaps, and further spellings that parse but are never printed.
template <typename Enum, std::size_t value_count, std::size_t synonym_count = 0>
class Words {
 public:
  consteval Words(const std::array<Word<Enum>, value_count>& words,
                  const std::array<Word<Enum>, synonym_count>& synonyms = {})
      : map_(joined(words, synonyms)) {
    for (std::size_t i = 0; i < value_count; ++i) {
      if (static_cast<std::size_t>(words[i].value) != i) throw "the words are not in the order of their numbers";
      texts_[i] = words[i].text;
    }
  }

  constexpr std::string_view name(Enum value) const {
    const auto number = static_cast<std::size_t>(value);
    check(number < value_count, "a number outside its closed list");
    return texts_[number];
  }
  constexpr std::optional<Enum> parse(std::string_view text) const {
    const Enum* value = map_.find(text);
    return value ? std::optional(*value) : std::nullopt;
  }

 private:
  static constexpr std::size_t all = value_count + synonym_count;
  static consteval std::array<Word<Enum>, all> joined(const std::array<Word<Enum>, value_count>& words,
                                                      const std::array<Word<Enum>, synonym_count>& synonyms) {
    std::array<Word<Enum>, all> both{};
    for (std::size_t i = 0; i < value_count; ++i) both[i] = words[i];
    for (std::size_t i = 0; i < synonym_count; ++i) both[value_count + i] = synonyms[i];
    return both;
  }

  std::array<std::string_view, value_count> texts_{};
  WordMap<Enum, all> map_;
};

}  // namespace chartline::record
