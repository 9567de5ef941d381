-- A sign of life of one process, which must travel the whole way: into the data set, to the replicas, and back
-- through the subscription. A read would prove nothing.
--
-- KEYS[1]  the process's beat key
-- ARGV[1]  the number of the beat
-- ARGV[2]  how long the key is kept (ms)
--
-- Publishes the number on the channel that is named like the key. Returns 1.

redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('PUBLISH', KEYS[1], ARGV[1])
return 1
