// Arithmetic on half: out[i] = 2048 + i, rounded to half precision (even mantissa on a tie), i = 0..63.
#pragma OPENCL EXTENSION cl_khr_fp16 : enable

kernel __attribute__((reqd_work_group_size(64, 1, 1))) void probe(global int* restrict out) {
  const int lane = (int)get_local_id(0);
  const half sum = (half)2048.0f + (half)lane;
  out[lane] = (int)(float)sum;
}
