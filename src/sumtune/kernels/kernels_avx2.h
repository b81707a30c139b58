/* 8-bit products for AVX2 without VNNI. vpmaddubsw would add two products in 16 bits, which overflow. So bytes are
 * extended to 16 bits, and vpmaddwd adds two products in 32 bits. */

/* Inputs that are extended at a time, so that they stay in the first-level cache. */
#define SLAB 512

#define CLEAR_WIDE(r) __m256i a##r = _mm256_setzero_si256(), b##r = a##r;
#define ADD_WIDE(r)                                                                                                    \
    if (rows > r) {                                                                                                    \
        int64_t four;                                                                                                  \
        memcpy(&four, wide + r * SLAB + k, sizeof four);                                                               \
        __m256i inputs = _mm256_set1_epi64x(four);                                                                     \
        a##r = _mm256_add_epi32(a##r, _mm256_madd_epi16(inputs, low));                                                 \
        b##r = _mm256_add_epi32(b##r, _mm256_madd_epi16(inputs, high));                                                \
    }
/* Each total is in two neighbouring halves: a for columns 0 to 3, b for columns 4 to 7. */
#define SAVE_WIDE(r)                                                                                                   \
    if (rows > r) {                                                                                                    \
        __m256i *to = (__m256i *)(sums + r * COLUMNS);                                                                 \
        __m256i totals = _mm256_permute4x64_epi64(_mm256_hadd_epi32(a##r, b##r), 0xd8);                                \
        _mm256_storeu_si256(to, _mm256_add_epi32(_mm256_loadu_si256(to), totals));                                     \
    }

/* Adds the products of `size` extended inputs per row with 8 columns of a block to sums (rows, COLUMNS). */
static inline __attribute__((always_inline)) void add_slab(const int16_t *wide, const char *block, int64_t size,
                                                           int32_t *sums, const int rows) {
    CLEAR_WIDE(0) CLEAR_WIDE(1) CLEAR_WIDE(2) CLEAR_WIDE(3) CLEAR_WIDE(4) CLEAR_WIDE(5)
    for (int64_t k = 0; k < size; k += 4, block += 4 * COLUMNS) {
        __m256i low = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)block));
        __m256i high = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(block + 16)));
        ADD_WIDE(0) ADD_WIDE(1) ADD_WIDE(2) ADD_WIDE(3) ADD_WIDE(4) ADD_WIDE(5)
    }
    SAVE_WIDE(0) SAVE_WIDE(1) SAVE_WIDE(2) SAVE_WIDE(3) SAVE_WIDE(4) SAVE_WIDE(5)
}

/* See DEFINE_TILE; there is no y. */
static inline __attribute__((always_inline)) void int8_tile_of(const char *x, const char *block, int64_t size,
                                                               const char *y, const char *more, int64_t more_size,
                                                               char *sums, const int rows) {
    int16_t wide[TILE_ROWS * SLAB];
    (void)y, (void)more, (void)more_size;
    memset(sums, 0, (size_t)rows * COLUMNS * sizeof(int32_t));
    for (int64_t done = 0; done < size; done += SLAB) {
        int64_t width = size - done < SLAB ? size - done : SLAB;
        for (int r = 0; r < rows; r++)
            for (int64_t k = 0; k < width; k++) wide[r * SLAB + k] = (uint8_t)x[r * size + done + k];
        for (int64_t c = 0; c < COLUMNS; c += 8)
            add_slab(wide, block + done * COLUMNS + 4 * c, width, (int32_t *)sums + c, rows);
    }
}

BY_ROWS(int8_tile)
