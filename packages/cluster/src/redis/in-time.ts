/** The answers that came; each question has its own deadline, and one that was not answered is left out. */
export async function inTime<T>(questions: Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(questions)
  return settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}
