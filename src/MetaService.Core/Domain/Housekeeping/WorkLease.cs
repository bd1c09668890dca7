using MetaService.Keys;
using MetaService.Records;
using MetaService.Records.Own;
using MetaService.Storage;

namespace MetaService.Domain.Housekeeping;

/// <summary>
/// Decides in the store which of several servers does a piece of background work. It saves double work, it is no lock: clocks
/// differ, and the work itself must be right even if two do it.
/// </summary>
public sealed class WorkLease(TransactionRunner runner, TimeProvider time, string name)
{
    private readonly string _holder = Guid.NewGuid().ToString("N");

    /// <summary>Takes or prolongs the lease; false while another server has it.</summary>
    public Task<bool> TryHoldAsync(TimeSpan duration, CancellationToken cancellationToken) =>
        runner.RunAsync(
            async (transaction, token) =>
            {
                var now = time.GetUtcNow();
                var lease = await transaction.GetAsync(Key.Lease(name), cancellationToken: token).ConfigureAwait(false);
                if (lease is not null && lease.Holder != _holder && IsInForce(lease, now, duration))
                {
                    return false;
                }

                var expiresAt = (now + duration).ToUnixTimeMilliseconds();
                transaction.Set(Key.Lease(name), new LeasePB { Holder = _holder, ExpiresAt = expiresAt });
                return true;
            },
            cancellationToken);

    /// <summary>Gives the lease up, so that another server need not wait for its end.</summary>
    public Task ReleaseAsync(CancellationToken cancellationToken) =>
        runner.RunAsync(
            async (transaction, token) =>
            {
                var lease = await transaction.GetAsync(Key.Lease(name), cancellationToken: token).ConfigureAwait(false);
                if (lease?.Holder == _holder)
                {
                    transaction.Clear(Key.Lease(name));
                }

                return true;
            },
            cancellationToken);

    /// <summary>
    /// A lease that ends later than clocks of servers that differ could make it was taken before a clock was set back: its holder
    /// may be long gone.
    /// </summary>
    private static bool IsInForce(LeasePB lease, DateTimeOffset now, TimeSpan duration) =>
        lease.ExpiresAt > now.ToUnixTimeMilliseconds() && lease.ExpiresAt <= (now + (2 * duration)).ToUnixTimeMilliseconds();
}
