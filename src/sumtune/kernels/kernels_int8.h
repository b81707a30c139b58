/* Products of 8-bit integers. Instructions multiply unsigned by signed bytes. Inputs are therefore stored as
 * value + 128, and SHIFT * (sum of the weights) is subtracted from every result. */
#define INT8_CHUNK 192

/* Packs weight (outputs, n) into packed (outputs / COLUMNS rounded up, n / 4, COLUMNS, 4), padded with zeros, and
 * computes corrections (outputs) = SHIFT * sum of each row. n is a multiple of 4. */
#define VARIED(function) WITH_VARIANT(function)
KERNEL(pack_int8, BLOCKS, n * COLUMNS, (const int8_t *, weight), (int8_t *, packed), (int32_t *, corrections),
       (int64_t, outputs), (int64_t, n)) {
    for (int64_t block = start; block < stop; block++)
        for (int64_t c = 0; c < COLUMNS; c++) {
            int64_t output = block * COLUMNS + c;
            int32_t sum = 0;
            for (int64_t k = 0; k < n; k++) {
                int8_t value = output < outputs ? weight[output * n + k] : 0;
                packed[((block * (n / 4) + k / 4) * COLUMNS + c) * 4 + k % 4] = value;
                sum += value;
            }
            if (output < outputs) corrections[output] = SHIFT * sum;
        }
}
#undef VARIED

#if defined(ADD_INT8)
#define INT8_WIDTH WIDTH
DEFINE_TILE(int8_tile, ADD_INT8)
#elif defined(__AVX2__)
#define INT8_WIDTH COLUMNS
#include "kernels_avx2.h"
#endif
#ifdef INT8_WIDTH
#define HAS_INT8_PRODUCT 1
#else
#define HAS_INT8_PRODUCT 0
#endif
API int64_t WITH_VARIANT(has_int8_product)(void) { return HAS_INT8_PRODUCT; }
