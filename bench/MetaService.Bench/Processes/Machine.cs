using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace MetaService.Bench.Processes;

/// <summary>What the machine tells about itself.</summary>
internal static class Machine
{
    /// <summary>Ticks of /proc/stat per second, the same on every Linux that .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    // Fields of the first line of /proc/stat that are time spent working: user, nice, system, irq, softirq, steal.
    private static readonly int[] WorkFields = [1, 2, 3, 6, 7, 8];

    /// <summary>Time that all processors together have worked since the machine was started.</summary>
    public static TimeSpan Busy()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return TimeSpan.FromSeconds(WorkFields.Sum(i => long.Parse(fields[i], CultureInfo.InvariantCulture)) / TicksPerSecond);
    }

    /// <summary>Processors, system and runtime, on one line.</summary>
    public static string Describe()
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal));
        var name = model?.Split(':')[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
        return $"{Environment.ProcessorCount} processors ({name}), {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";
    }

    /// <summary>The load average of the last minute.</summary>
    public static double LoadAverage() => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>A port of loopback that nobody listens on now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
