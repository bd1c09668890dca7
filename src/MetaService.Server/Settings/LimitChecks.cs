using System.Globalization;
using MetaService.Json;
using MetaService.Server.Limits;

namespace MetaService.Server.Settings;

/// <summary>Whether limits make sense; none can be switched off by a zero that somebody meant otherwise.</summary>
public static class LimitChecks
{
    private const int Kilobyte = 1024;
    private const int MaxBody = 64 * 1024 * Kilobyte;
    private const int MaxReplyCache = 1024 * 1024 * Kilobyte;

    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <exception cref="SettingsException">A limit is out of range.</exception>
    public static void Check(LimitOptions limits)
    {
        Between(limits.BodyBytes, Kilobyte, MaxBody, nameof(limits.BodyBytes));
        Between(limits.JsonDepth, 1, ProtoJsonReader.MaxDepth, nameof(limits.JsonDepth));
        Between(limits.GrpcMessageBytes, Kilobyte, int.MaxValue, nameof(limits.GrpcMessageBytes));
        Between(limits.BytesPerSecond, 1, int.MaxValue, nameof(limits.BytesPerSecond));
        Between(limits.Connections, 1, int.MaxValue, nameof(limits.Connections));
        Between(limits.StreamsPerConnection, 1, int.MaxValue, nameof(limits.StreamsPerConnection));
        Between(limits.Concurrency, 0, int.MaxValue, nameof(limits.Concurrency));
        Between(limits.Queue, 0, int.MaxValue, nameof(limits.Queue));
        Between(limits.StandingQueue, 0, int.MaxValue, nameof(limits.StandingQueue));
        Between(limits.ReplyCacheBytes, 0, MaxReplyCache, nameof(limits.ReplyCacheBytes));
        Between(limits.HeaderTimeout, nameof(limits.HeaderTimeout));
        Between(limits.BodyTimeout, nameof(limits.BodyTimeout));
        Between(limits.KeepAlive, nameof(limits.KeepAlive));
        Between(limits.QueueTimeout, nameof(limits.QueueTimeout));
        Between(limits.BurstTime, nameof(limits.BurstTime));
        if (limits.PaceGrace <= TimeSpan.FromSeconds(1) || limits.PaceGrace > Longest)
        {
            throw new SettingsException(
                "Limits:PaceGrace must be longer than a second and not over an hour, written as 00:00:05");
        }

        Between(limits.Qps, 0, RateLimits.MaxQps, nameof(limits.Qps));
        foreach (var (name, qps) in limits.QpsByName)
        {
            Between(qps, 0, RateLimits.MaxQps, $"{nameof(limits.QpsByName)}:{name}");
        }

        foreach (var (instanceId, qps) in limits.QpsByInstance)
        {
            Between(qps, 0, RateLimits.MaxQps, $"{nameof(limits.QpsByInstance)}:{instanceId}");
        }
    }

    /// <summary>Makes sure that limits by name are limits of something.</summary>
    /// <exception cref="SettingsException">There is no endpoint or RPC of such a name.</exception>
    public static void CheckNames(LimitOptions limits, RateLimits known)
    {
        foreach (var name in limits.QpsByName.Keys.Where(name => !known.Knows(name)))
        {
            throw new SettingsException($"Limits:QpsByName:{name}: there is no endpoint or RPC of this name");
        }
    }

    private static void Between(long value, long min, long max, string name)
    {
        if (value < min || value > max)
        {
            throw new SettingsException(
                string.Create(CultureInfo.InvariantCulture, $"Limits:{name} must be from {min} to {max}"));
        }
    }

    private static void Between(TimeSpan value, string name)
    {
        if (value <= TimeSpan.Zero || value > Longest)
        {
            throw new SettingsException($"Limits:{name} must be longer than nothing and not over an hour, written as 00:00:10");
        }
    }
}
