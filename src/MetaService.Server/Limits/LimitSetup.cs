using MetaService.Server.Hosting;
using MetaService.Server.Http;
using MetaService.Server.Settings;

namespace MetaService.Server.Limits;

/// <summary>Registers what keeps the load within limits.</summary>
public static class LimitSetup
{
    // One takes about 50 microseconds of a processor, so that refusing takes a hundredth of its time. With more, clients that come back at
    // once are back before those who were accepted are done, and wait with them for the processor.
    private const int RefusalsPerProcessor = 200;

    public static void AddLoadLimits(this IServiceCollection services, LimitOptions limits)
    {
        services.AddSingleton(limits);
        services.AddSingleton(provider => new Admission(limits.Admission(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new RateLimits(limits, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new RefusalPace(
            RefusalsPerProcessor * Environment.ProcessorCount, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<NodeInstances>().AddSingleton<LoadControl>();
        services.AddSingleton<RequestBody>().AddSingleton<ConnectionCounter>();
    }
}
